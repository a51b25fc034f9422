import { orderPlaced } from '../../functions/orders/events.ts';
import {
  CustomerId,
  type IdempotencyKey,
  IdempotencyKey as Key,
  type OrderId,
  orderIdFor,
} from '../../functions/orders/ids.ts';
import { cancelledOrder, type Order, PlaceOrder, placedOrder } from '../../functions/orders/order.ts';
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

export function idempotencyKey(text: string): IdempotencyKey {
  return Key.parse(text);
}

/** The order id of `customer-1` and the key `text`. */
export function orderId(text: string): OrderId {
  return orderIdFor(CustomerId.parse('customer-1'), idempotencyKey(text));
}

/** A placed order of the id that `key` stands for. */
export function anOrder(key: string, body: object = orderBody()): Order {
  return placedOrder(PlaceOrder.parse(body), orderId(key), new Date('2026-03-01T12:00:00.000Z'));
}

export function placedEvent(order: Order): EncodedEvent {
  return encodeEvent(orderPlaced(order), TRACEPARENT);
}

export function cancelled(order: Order): Order {
  const result = cancelledOrder(order);
  if (result === undefined) throw new Error('the order was cancelled already');
  return result;
}
