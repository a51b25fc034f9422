import {
  decide,
  initialState,
  type OrderCommand,
  type OrderState,
  orderAfter,
} from '../../functions/orders/decider.ts';
import type { OrderEvent } from '../../functions/orders/events.ts';
import {
  CustomerId,
  type IdempotencyKey,
  IdempotencyKey as Key,
  type OrderId,
  orderIdFor,
} from '../../functions/orders/ids.ts';
import { type Order, PlaceOrder } from '../../functions/orders/order.ts';
import { type EncodedEvent, encodeEvent } from '../../functions/orders/wire.ts';

export const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** What API Gateway says of a caller that signed their request. */
export const SERVICE = { authorizer: { iam: { userArn: 'arn:aws:iam::000000000000:role/shop' } } };

/** A valid body of `POST /orders`. */
export function orderBody() {
  return {
    customerId: 'customer-1',
    email: 'anna@example.com',
    shippingAddress: {
      name: 'Anna Beispiel',
      line1: 'Musterweg 1',
      city: 'Berlin',
      postalCode: '10115',
      country: 'DE',
    },
    currency: 'EUR',
    lines: [{ sku: 'TEA-1', name: 'Tea', quantity: 2, unitPrice: 450 }],
  };
}

function idempotencyKey(text: string): IdempotencyKey {
  return Key.parse(text);
}

/** The order id of `customer-1` and the key `text`. */
export function orderId(text: string): OrderId {
  return orderIdFor(CustomerId.parse('customer-1'), idempotencyKey(text));
}

/** A placed order of the id that `key` stands for. */
export function anOrder(key: string, body: object = orderBody()): Order {
  const asked = PlaceOrder.parse(body);
  const now = new Date('2026-03-01T12:00:00.000Z');
  return orderAfter([happening({ type: 'PlaceOrder', orderId: orderId(key), asked, now })]);
}

/** The event that a command makes of an order. */
function happening<Event extends OrderEvent = OrderEvent>(
  command: OrderCommand,
  state: OrderState = initialState,
): Event {
  const decision = decide(command, state);
  if (decision.kind !== 'events')
    throw new Error(`${command.type} makes no event of an order ${state.status}`);
  return decision.events[0] as Event;
}

/** The event that has placed an order. */
export function orderPlaced({ orderId, placedAt, status: _, seq: _seq, total: _total, ...asked }: Order) {
  const now = new Date(placedAt);
  return happening<OrderEvent & { type: 'OrderPlaced' }>({ type: 'PlaceOrder', orderId, asked, now });
}

/** The event that cancels a placed order, five minutes after the placement of `anOrder` unless told otherwise. */
export function orderCancelled(order: Order, now = new Date('2026-03-01T12:05:00.000Z')) {
  const command = { type: 'CancelOrder', orderId: order.orderId, now } as const;
  return happening<OrderEvent & { type: 'OrderCancelled' }>(command, order);
}

export function cancelled(order: Order): Order {
  return orderAfter([orderCancelled(order)], order);
}

export function placedEvent(order: Order): EncodedEvent {
  return encodeEvent(orderPlaced(order), TRACEPARENT);
}

export function cancelledEvent(order: Order, now?: Date): EncodedEvent {
  return encodeEvent(orderCancelled(order, now), TRACEPARENT);
}
