/**
 * An order has a shape and, at the door, rules. The rules change: currencies retire, limits move. What was taken in once is
 * read for ever, from its row, from the topic, from a dead letter; so everything but the door asks for the shape alone.
 */
import * as z from 'zod';
import { hasPostalCodes, isCountry } from './countries.ts';
import { CustomerId, type OrderId } from './ids.ts';
import { isLegalTender } from './money.ts';
import { showsSomething } from './text.ts';

/** JSON can say half a surrogate pair, which neither UTF-8 nor canonical JSON can. */
const text = z
  .string()
  .refine((value) => value.isWellFormed(), { error: 'must be well-formed Unicode', abort: true });

/** Of what RFC 5322 gives no meaning of its own, so that it can't be taken for two addresses or a name. */
const oneAddress = z.string().regex(/^[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+$/);

/** What both the request and the event say of an order: the shape that its readers need. Unknown fields are ignored. */
export const orderShape = {
  customerId: CustomerId,
  email: oneAddress,
  shippingAddress: z.object({
    name: text,
    line1: text,
    line2: text.optional(),
    city: text,
    postalCode: text.optional(),
    country: z.string().regex(/^[A-Z]{2}$/),
  }),
  currency: z.string().regex(/^[A-Z]{3}$/),
  lines: z
    .array(
      z
        .object({
          sku: text,
          name: text,
          quantity: z.int().min(1),
          /** Minor units. */
          unitPrice: z.int().min(0),
        })
        .refine(({ quantity, unitPrice }) => Number.isSafeInteger(quantity * unitPrice)),
    )
    .min(1),
};

/** RFC 5322, 3.2.3: what a local part may be made of without quotes. */
const ATEXT = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const LOCAL_PART = new RegExp(`^${ATEXT}(\\.${ATEXT})*$`);
/** RFC 1034, 3.5, as RFC 1123, 2.1 has it: letters, digits and hyphens inside; a name in another script is `xn--…` (RFC 5890). */
const LABEL = /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
/** RFC 3696, 2: a top-level domain isn't all numbers, which would be an address of the network. */
const ALL_DIGITS = /^[0-9]+$/;

/**
 * Whether SES and the mail servers behind it can take an address: a dot-atom of at most 64 characters, `@`, and a domain of two
 * labels or more, each of 1 to 63 characters; 254 characters in all, since the path of 256 has two angle brackets.
 *
 * https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1 and erratum 1690 of RFC 3696 have the lengths. SES knows no
 * SMTPUTF8: a local part is ASCII, and a domain of other letters has to come in Punycode
 * (https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Destination.html). Quoted local parts and address literals are
 * right by the RFC, and nobody's; RFC 5321, 4.1.2 itself advises against the first.
 */
function isMailAddress(text: string): boolean {
  const [localPart = '', domain = '', ...more] = text.split('@');
  if (more.length > 0 || text.length > 254 || localPart.length > 64 || !LOCAL_PART.test(localPart))
    return false;
  const labels = domain.split('.');
  return (
    labels.length >= 2 && labels.every((label) => LABEL.test(label)) && !ALL_DIGITS.test(labels.at(-1) ?? '')
  );
}

/** What was damaged on its way has U+FFFD where its letters were; nobody is called that. */
const shownText = (max: number) =>
  text
    .max(max, `must have at most ${max} characters`)
    .refine(showsSomething, 'must not be blank')
    .refine(
      (value) => !value.includes('\ufffd'),
      'must not have U+FFFD, which stands for letters that were lost',
    );

/** An integer; `-0`, which JSON can say, is 0. */
const integer = (min: number, max: number) =>
  z
    .int('must be an integer')
    .min(min, `must be at least ${min}`)
    .max(max, `must be at most ${max}`)
    .transform((value) => value + 0);

/** The body of `POST /orders`, and with it the rules of the door; unknown fields are refused. */
export const PlaceOrder = z.strictObject({
  customerId: CustomerId,
  email: z.string().refine(isMailAddress, 'must be an e-mail address in ASCII, its domain in Punycode'),
  shippingAddress: z
    .strictObject({
      name: shownText(200),
      line1: shownText(200),
      line2: shownText(200).optional(),
      city: shownText(100),
      postalCode: shownText(20).optional(),
      country: z.string().refine(isCountry, 'must be an ISO 3166-1 alpha-2 code'),
    })
    .refine(({ country, postalCode }) => postalCode !== undefined || !hasPostalCodes(country), {
      path: ['postalCode'],
      error: 'is required: addresses in this country have one',
    }),
  currency: z.string().refine(isLegalTender, 'must be the ISO 4217 code of a currency that is legal tender'),
  lines: z
    .array(
      z.strictObject({
        sku: shownText(64),
        name: shownText(200),
        quantity: integer(1, 999),
        /** The limit keeps a hundred lines of 999 within the integers a JSON number can hold. */
        unitPrice: integer(0, 10_000_000_000),
      }),
    )
    .min(1, 'must have at least one line')
    .max(100, 'must have at most 100 lines'),
});
export type PlaceOrder = z.infer<typeof PlaceOrder>;

export type OrderLine = PlaceOrder['lines'][number];
export type ShippingAddress = PlaceOrder['shippingAddress'];
type OrderStatus = 'PLACED' | 'CANCELLED';

/** An order as it stands. `total` is in minor units of `currency`, times are ISO 8601 in UTC. */
export interface Order extends PlaceOrder {
  readonly orderId: OrderId;
  readonly status: OrderStatus;
  /** The seq of the order's newest event. */
  readonly seq: number;
  readonly total: number;
  readonly placedAt: string;
}

/** The sum of an order's lines in minor units. */
export function totalOf(lines: readonly Pick<OrderLine, 'quantity' | 'unitPrice'>[]): number {
  return lines.reduce((sum, line) => sum + line.quantity * line.unitPrice, 0);
}
