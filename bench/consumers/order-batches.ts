import { orderPlaced } from '../../functions/orders/events.ts';
import { CustomerId, IdempotencyKey, orderIdFor } from '../../functions/orders/ids.ts';
import { PlaceOrder, placedOrder } from '../../functions/orders/order.ts';
import { encodeEvent } from '../../functions/orders/wire.ts';
import { kafkaEvent, kafkaRecord, partitionKey } from '../../local/event-sources/kafka/event.ts';

const TOPIC = 'orders';
const PARTITIONS = 3;

const request = PlaceOrder.parse({
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
  lines: [
    { sku: 'TEA-1', name: 'Tea', quantity: 2, unitPrice: 450 },
    { sku: 'CUP-4', name: 'Cup', quantity: 4, unitPrice: 1_290 },
  ],
});
const customer = CustomerId.parse('customer-1');
const placedAt = Date.parse('2026-03-01T12:00:00.000Z');
/** Every order has a trace of its own. */
const traceparent = (n: number) => `00-${(n + 1).toString(16).padStart(32, '0')}-b7ad6b7169203331-01`;

/**
 * Lambda's event for `count` placed orders, each another one, from the `first`-th on, over three partitions in turn: as
 * JSON, as it reaches a function's environment.
 */
export function orderBatch(first: number, count: number): string {
  const slices = Array.from({ length: PARTITIONS }, (_, partition) => ({
    partition: partitionKey(TOPIC, partition),
    epoch: 1,
    records: numbers(first, count)
      .filter((n) => n % PARTITIONS === partition)
      .map((n) => kafkaRecord(TOPIC, partition, orderMessage(n))),
  }));
  const envelope = {
    eventSourceArn: 'arn:aws:kafka:us-east-1:000000000000:cluster/bench/1',
    bootstrapServers: '127.0.0.1:9092',
  };
  return kafkaEvent(envelope, slices);
}

function orderMessage(n: number) {
  const key = IdempotencyKey.parse(`order-${n}`);
  const order = placedOrder(request, orderIdFor(customer, key), new Date(placedAt + n));
  const event = encodeEvent(orderPlaced(order), traceparent(n));
  const headers = Object.entries(event.headers).map(([name, value]) => [name, Buffer.from(value)] as const);
  return {
    key: Buffer.from(event.key),
    value: Buffer.from(event.value),
    headers: Object.fromEntries(headers),
    offset: String(Math.floor(n / PARTITIONS)),
    timestamp: String(placedAt + n),
    attributes: 0,
  };
}

const numbers = (first: number, count: number) => Array.from({ length: count }, (_, n) => first + n);
