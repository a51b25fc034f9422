import * as z from 'zod';
import { type EventId, eventIdFor, OrderId } from './ids.ts';
import { type Order, orderShape } from './order.ts';

/** The version that is written. Major 2 describes the shape of an order alone, and a postal code may be absent. */
export const CURRENT_VERSION = '2.0';
/** Orders keep what was written of major 1 for ever, and it has the shape too. A newer minor only adds fields, which a reader ignores. */
const schemaVersion = z.string().regex(/^[12]\.(0|[1-9][0-9]*)$/, 'has an unknown major version');

const timestamp = z.iso.datetime({ precision: 3, error: 'must be an ISO 8601 time in UTC' });

const eventFields = {
  orderId: OrderId,
  customerId: orderShape.customerId,
  seq: z.int().min(1).max(999_999_999),
  schemaVersion,
};

/** The value of an `OrderPlaced` record. */
export const OrderPlacedData = z.object({
  ...eventFields,
  ...orderShape,
  total: z.int().min(0),
  placedAt: timestamp,
});
export type OrderPlacedData = z.infer<typeof OrderPlacedData>;

/** The value of an `OrderCancelled` record: what the mail and the shipment need, and no more. */
export const OrderCancelledData = z.object({
  ...eventFields,
  email: orderShape.email,
  currency: orderShape.currency,
  total: z.int().min(0),
  cancelledAt: timestamp,
});
export type OrderCancelledData = z.infer<typeof OrderCancelledData>;

/** A fact about an order. Consumers skip types they do not know. */
export type OrderEvent =
  | { readonly type: 'OrderPlaced'; readonly eventId: EventId; readonly data: OrderPlacedData }
  | { readonly type: 'OrderCancelled'; readonly eventId: EventId; readonly data: OrderCancelledData };

/** The first event of an order. */
export function orderPlaced(order: Order): OrderEvent {
  const { status: _status, ...facts } = order;
  return {
    type: 'OrderPlaced',
    eventId: eventIdFor(order.orderId, order.seq),
    data: { ...facts, schemaVersion: CURRENT_VERSION },
  };
}

/** The event of a cancelled order; `order` is the order after its cancellation. */
export function orderCancelled(order: Order, now: Date): OrderEvent {
  const { orderId, customerId, seq, email, currency, total } = order;
  return {
    type: 'OrderCancelled',
    eventId: eventIdFor(orderId, seq),
    data: {
      orderId,
      customerId,
      seq,
      schemaVersion: CURRENT_VERSION,
      email,
      currency,
      total,
      cancelledAt: now.toISOString(),
    },
  };
}
