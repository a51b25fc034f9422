import { orderCancelled } from '../../functions/orders/events.ts';
import type { Order } from '../../functions/orders/order.ts';
import { type EncodedEvent, encodeEvent } from '../../functions/orders/wire.ts';
import { cancelled, TRACEPARENT } from './orders.ts';

/** The second event of an order, five minutes after the first. */
export function cancelledEvent(order: Order): EncodedEvent {
  return encodeEvent(orderCancelled(cancelled(order), new Date('2026-03-01T12:05:00.000Z')), TRACEPARENT);
}
