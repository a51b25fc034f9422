/** The records of `bench:consumers`, and what every contender makes of them by the same functions. */
import type { Item } from '../../functions/dynamodb.ts';
import { decodeKafkaEvent } from '../../functions/kafka/decode.ts';
import type { OrderEvent } from '../../functions/orders/events.ts';
import { parseRecord } from '../../functions/orders/wire.ts';
import { carrierFor, weightClassOf } from '../../functions/shipping/carrier.ts';
import type { Fingerprint } from '../../functions/shipping/shipment.ts';
import { shipmentItem } from '../../functions/shipping/shipments.ts';
import { kafkaEvent, lambdaRecord } from '../../test/support/kafka-event.ts';
import { anOrder, orderBody, placedEvent } from '../../test/support/orders.ts';

const PARTITIONS = 3;
/** Half a kilobyte as an event. */
const BODY = {
  ...orderBody(),
  lines: [...orderBody().lines, { sku: 'CUP-4', name: 'Cup', quantity: 4, unitPrice: 1_290 }],
};

/**
 * Lambda's event for `count` placed orders, each another one, from the `first`-th on, over three partitions in turn: as
 * JSON, as it reaches a function's environment.
 */
export function orderBatch(first: number, count: number): string {
  const records = Array.from({ length: count }, (_, index) => {
    const n = first + index;
    return lambdaRecord(placedEvent(anOrder(`order-${n}`, BODY)), Math.floor(n / PARTITIONS), n % PARTITIONS);
  });
  return JSON.stringify(kafkaEvent(records));
}

export type PlacedOrder = Extract<OrderEvent, { type: 'OrderPlaced' }>;

/** The orders of a batch, decoded and validated by the very functions that this project's consumers use. */
export function placedOrders(event: unknown): PlacedOrder[] {
  return decodeKafkaEvent(event).map((record) => {
    const parsed = parseRecord(record);
    if (parsed.kind === 'event' && parsed.event.type === 'OrderPlaced') return parsed.event;
    throw new Error('the benchmark sends placed orders alone');
  });
}

/** As long as a fingerprint: the others need not compute what only this project's consumer compares. */
const NO_FINGERPRINT = '0'.repeat(64) as Fingerprint;

/** The item that this project's consumer would write, byte for byte as large. */
export function shipmentOf({ data }: PlacedOrder): Item {
  const { orderId, shippingAddress: address, lines, placedAt: createdAt } = data;
  const weightClass = weightClassOf(lines);
  const carrier = carrierFor(address, weightClass);
  const content = { orderId, address, lines, createdAt, weightClass, carrier };
  return shipmentItem({ ...content, fingerprint: NO_FINGERPRINT }, undefined);
}
