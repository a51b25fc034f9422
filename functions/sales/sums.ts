/**
 * What orders add up to: sales by day of UTC and currency. Pure.
 *
 * An order counts on the day on which it was placed, and its cancellation, as a figure of its own, on the day of the cancellation:
 * so each event adds what it says itself, and events may come in any order.
 */
import { happenedAt, type OrderEvent } from '../orders/events.ts';
import type { EventId } from '../orders/ids.ts';

/** What is counted; amounts in minor units of the currency. */
export const SUMS = ['orders', 'items', 'revenue', 'cancellations', 'cancelled'] as const;

/** `revenue` is of all orders, `cancelled` of those that were cancelled: what is earned is the difference. */
export type Sums = Readonly<Record<(typeof SUMS)[number], number>>;

export interface Bucket {
  /** `2026-03-01` */
  readonly day: string;
  /** ISO 4217. */
  readonly currency: string;
}

/** An event that is counted, and what it adds to which bucket. */
export interface Entry {
  readonly eventId: EventId;
  readonly bucket: Bucket;
  readonly sums: Sums;
}

const NOTHING: Sums = { orders: 0, items: 0, revenue: 0, cancellations: 0, cancelled: 0 };

/** What an event adds. */
export function entryOf(event: OrderEvent): Entry {
  const { eventId } = event;
  const bucket = { day: happenedAt(event).slice(0, 10), currency: event.data.currency };
  switch (event.type) {
    case 'OrderPlaced': {
      const items = event.data.lines.reduce((sum, { quantity }) => sum + quantity, 0);
      return { eventId, bucket, sums: { ...NOTHING, orders: 1, items, revenue: event.data.total } };
    }
    case 'OrderCancelled':
      return { eventId, bucket, sums: { ...NOTHING, cancellations: 1, cancelled: event.data.total } };
  }
}

/** What entries add up to, a sum for each bucket. */
export function fold(entries: readonly Entry[]): (Bucket & { readonly sums: Sums })[] {
  const byBucket = Map.groupBy(entries, ({ bucket }) => nameOf(bucket));
  return [...byBucket.values()].flatMap((all) => {
    const [first] = all;
    return first === undefined
      ? []
      : [{ ...first.bucket, sums: all.map(({ sums }) => sums).reduce(add, NOTHING) }];
  });
}

function add(a: Sums, b: Sums): Sums {
  return {
    orders: a.orders + b.orders,
    items: a.items + b.items,
    revenue: a.revenue + b.revenue,
    cancellations: a.cancellations + b.cancellations,
    cancelled: a.cancelled + b.cancelled,
  };
}

/** The entries in pieces, each of which takes at most `most` items of a transaction: one an entry, and one a bucket. */
export function inPieces(entries: readonly Entry[], most: number): Entry[][] {
  const pieces: Entry[][] = [];
  let [piece, buckets]: [Entry[], Set<string>] = [[], new Set()];
  for (const entry of entries) {
    const bucket = nameOf(entry.bucket);
    const isFull = piece.length + 1 + buckets.size + (buckets.has(bucket) ? 0 : 1) > most;
    if (isFull || pieces.length === 0) {
      [piece, buckets] = [[], new Set()];
      pieces.push(piece);
    }
    piece.push(entry);
    buckets.add(bucket);
  }
  return pieces;
}

const nameOf = ({ day, currency }: Bucket) => `${day} ${currency}`;
