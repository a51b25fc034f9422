/**
 * The events that an order keeps, as rows of the outbox. Attributes are moved as they stand in the table, never decoded,
 * so an event that is published again has the bytes that it had.
 *
 *     order    orderId S   placedAt S   events L of M {key S, value B, headers L of L [name S, value S]}
 *     outbox   orderId S   seq N        key S, value B, headers L of L [name S, value S]
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

export type Item = Readonly<Record<string, AttributeValue>>;

/** An order's events in the order in which they happened: `seq` counts from 1. */
export interface StoredEvents {
  readonly orderId: string;
  /** ISO 8601 in UTC. */
  readonly placedAt: string;
  readonly rows: readonly Item[];
  /** Of the events' values. */
  readonly bytes: number;
}

/** `undefined` if the item is no order with events of its own: each has to carry its order's id and its own seq. */
export function storedEvents(item: Item): StoredEvents | undefined {
  const orderId = item.orderId?.S;
  const placedAt = item.placedAt?.S;
  const events = item.events?.L ?? [];
  if (orderId === undefined || placedAt === undefined || events.length === 0) return undefined;
  let bytes = 0;
  const rows: Item[] = [];
  for (const { M: event = {} } of events) {
    const { key, value, headers } = event;
    const seq = rows.length + 1;
    if (key?.S !== orderId || value?.B === undefined || eventIdOf(headers) !== `${orderId}.${seq}`) {
      return undefined;
    }
    bytes += value.B.length;
    rows.push({ ...event, orderId: { S: orderId }, seq: { N: String(seq) } });
  }
  return { orderId, placedAt, rows, bytes };
}

function eventIdOf(headers: AttributeValue | undefined): string | undefined {
  return headers?.L?.find(({ L: pair }) => pair?.[0]?.S === 'ce_id')?.L?.[1]?.S;
}
