/**
 * What the relay decides: which rows to read, what goes into one produce request, what to delete. The stream is only a wake-up; the table holds exactly what is not yet published.
 *
 *     Outbox rows of one order     1    2    3        (a row goes once its event is acknowledged)
 *     published so far             #    .    .        always a prefix: no seq before an earlier unpublished one
 *     named by the stream               2         ->  read all rows there are (2, 3), publish them in this order
 *     named by the stream          1              ->  nothing can stand before it: reading that one row is enough
 */
import { chunksOf } from '../concurrency.ts';
import type { OrderId } from '../orders/ids.ts';
import type { OutboxKey, OutboxRow } from '../outbox/row.ts';

/** DynamoDB's limits for one request: BatchGetItem and BatchWriteItem. */
const MAX_KEYS_READ = 100;
const MAX_ROWS_DELETED = 25;
/**
 * The topic's `max.message.bytes`. It limits the batch that a producer makes of all records for one partition, not a
 * record, and kafkajs never splits a batch.
 */
export const MAX_BATCH_BYTES = 72 * 1024;
/** Upper bounds in record batch format 2 (https://kafka.apache.org/documentation/#recordbatch). */
const BATCH_OVERHEAD = 61;
const RECORD_OVERHEAD = 36;
const HEADER_OVERHEAD = 10;

/** One request each: a batch of first events, or all rows of one order. */
export type Read =
  | { readonly kind: 'first-events'; readonly orderIds: readonly OrderId[] }
  | { readonly kind: 'order'; readonly orderId: OrderId };

/** The reads that bring every unpublished row that must not be passed over; no key is in two of them. */
export function planReads(named: readonly OutboxKey[]): Read[] {
  const withLaterEvents = new Set(named.filter(({ seq }) => seq > 1).map(({ orderId }) => orderId));
  const withFirstOnly = new Set(named.map(({ orderId }) => orderId).filter((id) => !withLaterEvents.has(id)));
  return [
    ...chunksOf([...withFirstOnly], MAX_KEYS_READ).map(
      (orderIds): Read => ({ kind: 'first-events', orderIds }),
    ),
    ...[...withLaterEvents].map((orderId): Read => ({ kind: 'order', orderId })),
  ];
}

/** A row that is younger is left to the stream, which is likely to be at it. */
const OVERDUE_MS = 5 * 60_000;

/** All rows of the orders of which at least one is overdue at `now` (epoch milliseconds). */
export function overdue(rows: readonly OutboxRow[], now: number): readonly OutboxRow[] {
  const orders = new Set(rows.filter((row) => ageMs(row, now) >= OVERDUE_MS).map(({ orderId }) => orderId));
  return rows.filter(({ orderId }) => orders.has(orderId));
}

/** How long ago the event happened, which is when its row was written; infinite if the event doesn't say. */
export function ageMs({ event }: OutboxRow, now: number): number {
  const happenedAt = Date.parse(event.headers.ce_time ?? '');
  return Number.isNaN(happenedAt) ? Number.POSITIVE_INFINITY : now - happenedAt;
}

/** The orders that a read is about. */
export function ordersOf(read: Read): readonly OrderId[] {
  return read.kind === 'order' ? [read.orderId] : read.orderIds;
}

/**
 * Splits rows into those of the next produce request and the rest, both in the order given.
 *
 * A partition takes rows while its batch stays below the limit; from the first that does not fit, all its rows wait, so
 * that no event of an order overtakes another. A row that is too large by itself goes alone, for the broker to judge.
 */
export function nextRequest(
  rows: readonly OutboxRow[],
  partitionOf: (key: string) => number,
): { readonly request: readonly OutboxRow[]; readonly rest: readonly OutboxRow[] } {
  const bytes = new Map<number, number>();
  const full = new Set<number>();
  const request: OutboxRow[] = [];
  const rest: OutboxRow[] = [];
  for (const row of rows) {
    const partition = partitionOf(row.event.key);
    const before = bytes.get(partition);
    const after = (before ?? BATCH_OVERHEAD) + bytesOnTheWire(row);
    if (before !== undefined && after > MAX_BATCH_BYTES) full.add(partition);
    if (full.has(partition)) {
      rest.push(row);
    } else {
      bytes.set(partition, after);
      request.push(row);
    }
  }
  return { request, rest };
}

function bytesOnTheWire({ event: { key, value, headers } }: OutboxRow): number {
  const headerBytes = Object.entries(headers).reduce(
    (sum, [name, text]) => sum + Buffer.byteLength(name) + Buffer.byteLength(text) + HEADER_OVERHEAD,
    0,
  );
  return Buffer.byteLength(key) + value.byteLength + headerBytes + RECORD_OVERHEAD;
}

/**
 * A refused request in two halves, each with all of its orders' rows; `undefined` if it holds one order, which is then
 * the one that cannot be published.
 */
export function halve(
  request: readonly OutboxRow[],
): readonly [readonly OutboxRow[], readonly OutboxRow[]] | undefined {
  const orders = [...new Set(request.map(({ orderId }) => orderId))];
  if (orders.length < 2) return undefined;
  const first = new Set(orders.slice(0, Math.ceil(orders.length / 2)));
  return [
    request.filter(({ orderId }) => first.has(orderId)),
    request.filter(({ orderId }) => !first.has(orderId)),
  ];
}

/** Published rows in groups that one request deletes. */
export function planDeletes(published: readonly OutboxKey[]): OutboxKey[][] {
  return chunksOf(published, MAX_ROWS_DELETED);
}
