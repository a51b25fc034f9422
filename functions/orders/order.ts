import { whereAlpha2 } from 'iso-3166-1';
import * as z from 'zod';
import { CustomerId, type OrderId } from './ids.ts';
import { Currency } from './money.ts';

const text = (max: number) =>
  z
    .string()
    .max(max, `must have at most ${max} characters`)
    .regex(/\S/, 'must not be blank')
    // JSON can say half a surrogate pair, which neither UTF-8 nor canonical JSON can.
    .refine((value) => value.isWellFormed(), 'must be well-formed Unicode');

/** An integer; `-0`, which JSON can say, is 0. */
const integer = (min: number, max: number) =>
  z
    .int('must be an integer')
    .min(min, `must be at least ${min}`)
    .max(max, `must be at most ${max}`)
    .transform((value) => value + 0);

const addressFields = {
  name: text(200),
  line1: text(200),
  line2: text(200).optional(),
  city: text(100),
  postalCode: text(20),
  country: z
    .string()
    .refine(
      (code) => /^[A-Z]{2}$/.test(code) && whereAlpha2(code) !== undefined,
      'must be an ISO 3166-1 alpha-2 code',
    ),
};

const lineFields = {
  sku: text(64),
  name: text(200),
  quantity: integer(1, 999),
  /** Minor units. The limit keeps a hundred lines of 999 within the integers a JSON number can hold. */
  unitPrice: integer(0, 10_000_000_000),
};

const email = z.email('must be an e-mail address').max(254, 'must have at most 254 characters');

/** What both the request and the event say of an order; events ignore unknown fields, requests refuse them. */
export const orderFields = {
  customerId: CustomerId,
  email,
  shippingAddress: z.object(addressFields),
  currency: Currency,
  lines: z
    .array(z.object(lineFields))
    .min(1, 'must have at least one line')
    .max(100, 'must have at most 100 lines'),
};

/** The body of `POST /orders`; unknown fields are refused. */
export const PlaceOrder = z.strictObject({
  ...orderFields,
  shippingAddress: z.strictObject(addressFields),
  lines: z
    .array(z.strictObject(lineFields))
    .min(1, 'must have at least one line')
    .max(100, 'must have at most 100 lines'),
});
export type PlaceOrder = z.infer<typeof PlaceOrder>;

export type OrderLine = PlaceOrder['lines'][number];
export type ShippingAddress = PlaceOrder['shippingAddress'];
export type OrderStatus = 'PLACED' | 'CANCELLED';

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

/** A new order from what its customer asked for. */
export function placedOrder(request: PlaceOrder, orderId: OrderId, now: Date): Order {
  return {
    ...request,
    orderId,
    status: 'PLACED',
    seq: 1,
    total: totalOf(request.lines),
    placedAt: now.toISOString(),
  };
}

/** The order after its cancellation; `undefined` if it was cancelled already, so there is nothing to do. */
export function cancelledOrder(order: Order): Order | undefined {
  return order.status === 'CANCELLED' ? undefined : { ...order, status: 'CANCELLED', seq: order.seq + 1 };
}
