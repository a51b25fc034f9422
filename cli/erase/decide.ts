import type { LetterKey } from '../dead-letters/letters-table.ts';

/** What the tables hold of one order. */
export interface OrderTraces {
  readonly orderId: string;
  /** Epoch milliseconds of its newest event. */
  readonly lastEventAt: number;
  /** Events of it that are not published yet. */
  readonly unpublished: number;
  readonly shipment: 'none' | 'awaits a manifest' | 'settled';
  readonly letters: readonly (LetterKey & { readonly isReplaying: boolean })[];
}

/** Whether an order can be erased, or why it can't yet. */
export type Decision =
  | { readonly kind: 'erase' }
  | { readonly kind: 'wait'; readonly why: 'unpublished' | 'no manifest yet' | 'being replayed' }
  /** `until` in epoch milliseconds. */
  | { readonly kind: 'wait'; readonly why: 'on the topic'; readonly until: number };

const DAY_MS = 86_400_000;

/**
 * How long the topic may hold a record. Kafka deletes whole segments, 7 days (`retention.ms`) after their newest record,
 * and a segment is open for 7 days (Kafka's `segment.ms`); a day more is for clocks and for Kafka to come to it.
 */
export const ON_TOPIC_MS = 15 * DAY_MS;

/**
 * Erases what nothing can bring back. What is still on its way would, once the order's shipment is gone, be taken for new:
 *
 *     outbox ──relay──> topic ──(deliveries, rewinds: for ON_TOPIC_MS)──> shipment ──> manifest
 *        └ unpublished     └ on the topic                                     └ no manifest yet
 *                            dead letter ──replay──> shipment
 *                                └ being replayed
 */
export function decide({ lastEventAt, unpublished, shipment, letters }: OrderTraces, now: number): Decision {
  if (unpublished > 0) return { kind: 'wait', why: 'unpublished' };
  const until = lastEventAt + ON_TOPIC_MS;
  if (now < until) return { kind: 'wait', why: 'on the topic', until };
  if (shipment === 'awaits a manifest') return { kind: 'wait', why: 'no manifest yet' };
  const isReplayed = letters.some(({ isReplaying }) => isReplaying);
  return isReplayed ? { kind: 'wait', why: 'being replayed' } : { kind: 'erase' };
}
