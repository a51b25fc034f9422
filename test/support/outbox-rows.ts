import type { OutboxKey, OutboxRow } from '../../functions/outbox/row.ts';
import { anOrder, cancelledEvent, orderBody, placedEvent } from './orders.ts';

/** The id of a row's event. */
export const nameOf = ({ orderId, seq }: OutboxKey): string => `${orderId}.${seq}`;

/** The outbox row of the placement of the order that `key` stands for, with about `bytes` more than it needs. */
export function placedRow(key: string, bytes = 0): OutboxRow {
  const lines = Array.from({ length: Math.ceil(bytes / 200) }, () => ({
    sku: 'TEA-1',
    name: 'x'.repeat(150),
    quantity: 1,
    unitPrice: 1,
  }));
  const order = anOrder(key, lines.length === 0 ? orderBody() : { ...orderBody(), lines });
  return { orderId: order.orderId, seq: 1, event: bytesOf(placedEvent(order)) };
}

/** The outbox row of its cancellation. */
export function cancelledRow(key: string): OutboxRow {
  const order = anOrder(key);
  const event = cancelledEvent(order, new Date('2026-03-01T13:00:00.000Z'));
  return { orderId: order.orderId, seq: 2, event: bytesOf(event) };
}

function bytesOf({ key, value, headers }: OutboxRow['event']): OutboxRow['event'] {
  // The SDK gives bytes back as a Uint8Array, which is not equal to a Buffer in a test's eyes.
  return { key, value: new Uint8Array(value), headers };
}

/** A batch of the outbox table's stream, one INSERT per row; sequence numbers are `sn-0`, `sn-1` and so on. */
export function streamEvent(rows: readonly Pick<OutboxRow, 'orderId' | 'seq'>[]) {
  return {
    Records: rows.map(({ orderId, seq }, index) => ({
      eventName: 'INSERT' as const,
      dynamodb: { Keys: { orderId: { S: orderId }, seq: { N: String(seq) } }, SequenceNumber: `sn-${index}` },
    })),
  };
}
