import { stringify } from 'csv-stringify/sync';
import * as z from 'zod';
import type { Item } from '../dynamodb.ts';
import { OrderlyError } from '../errors.ts';
import { OrderId } from '../orders/ids.ts';
import { visible } from '../orders/text.ts';
import type { ManifestId } from './files.ts';

/**
 * A manifest as its carrier gets it: RFC 4180, UTF-8, a header line, then a line a shipment by order id, so that the same
 * shipments are the same bytes.
 *
 * An address is a customer's text, shown as in mails and on labels (`visible`): so it is one line, without a tab, and hides
 * nothing. A spreadsheet would still run `=cmd|…`: a field that begins with a sign of a formula gets an apostrophe in front, as
 * OWASP advises (https://owasp.org/www-community/attacks/CSV_Injection). Who reads the file by a program takes it off again.
 */
export function csvOf(manifestId: ManifestId, rows: readonly ManifestRow[]): string {
  const records = [...rows]
    .sort((a, b) => (a.orderId < b.orderId ? -1 : 1))
    .map(({ orderId, weightClass, items, address }) => ({
      manifestId,
      orderId,
      weightClass,
      items,
      ...Object.fromEntries(
        Object.entries(address).map(([field, text]) => [field, text && asText(visible(text))]),
      ),
    }));
  return stringify(records, {
    header: true,
    columns: [...COLUMNS],
    record_delimiter: 'windows',
  });
}

/** Of full width, too; behind spaces, and what shows nothing, which some programs take off. */
const FORMULA = /^[\p{White_Space}\p{Default_Ignorable_Code_Point}]*[=+\-@＝＋－＠]/u;

const asText = (field: string): string => (FORMULA.test(field) ? `'${field}` : field);

const COLUMNS = [
  'manifestId',
  'orderId',
  'weightClass',
  'items',
  'name',
  'line1',
  'line2',
  'postalCode',
  'city',
  'country',
] as const;

/** A shipment as its line of a manifest says it. */
export interface ManifestRow {
  readonly orderId: OrderId;
  readonly weightClass: string;
  /** How many things are in it. */
  readonly items: number;
  readonly address: z.infer<typeof address>['M'];
}

const text = z.object({ S: z.string() }).transform(({ S }) => S);

const address = z.object({
  M: z.object({
    name: text,
    line1: text,
    line2: text.optional(),
    city: text,
    postalCode: text.optional(),
    country: text,
  }),
});

const shape = z.object({
  orderId: z.object({ S: OrderId }),
  weightClass: text,
  address,
  lines: z.object({
    L: z.array(z.object({ M: z.object({ quantity: z.object({ N: z.coerce.number() }) }) })),
  }),
});

/** @throws {OrderlyError} `MANIFEST_ROW_INVALID`, naming the order */
export function manifestRowOf(item: Item): ManifestRow {
  const parsed = shape.safeParse(item);
  if (!parsed.success) {
    throw new OrderlyError('MANIFEST_ROW_INVALID', 'a shipment on a manifest is not what shipping writes', {
      data: { orderId: item.orderId?.S ?? '' },
    });
  }
  const { orderId, weightClass, address, lines } = parsed.data;
  const items = lines.L.reduce((sum, line) => sum + line.M.quantity.N, 0);
  return { orderId: orderId.S, weightClass, items, address: address.M };
}
