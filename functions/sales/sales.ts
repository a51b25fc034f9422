/**
 * Counting exactly once. To add is not idempotent, so that the sum alone can't tell a second delivery from a first; what tells is a row
 * for each event, which is written in one transaction with the sums:
 *
 *     [ a row an event, if there is none ── and ── the sums, raised by what the events add ]     all of it, or nothing
 *        │ some are there: those are duplicates; the rest, without them, at once again
 *        │ somebody else is at the same sums: nothing was written; again after a pause
 *        └ no answer: again by the next delivery, which finds the rows if it was written
 *
 * Whoever crashes, wherever it is, has either counted an event or not; there is no lease and nothing to mark. The price is that two
 * writers of one sum are in each other's way, so a sum has parts, and a piece of a batch is added to the part of the partition that it
 * was read from: two invocations never have the same one, except for a replay.
 */
import { type Backoff, fullJitter, type Waiting } from '../backoff.ts';
import { type ConsumerPorts, consume, type KafkaHandler } from '../kafka/consume.ts';
import type { Effect, Invocation } from '../kafka/effect.ts';
import type { BatchEvent } from '../kafka/fold.ts';
import { DONE, DUPLICATE, OUT_OF_TIME, type Outcome, outcomeOfError, retry } from '../kafka/outcome.ts';
import type { EventId } from '../orders/ids.ts';
import { type Entry, entryOf, inPieces } from './sums.ts';
import { MOST_ITEMS, type Sales } from './table.ts';

export interface SalesPorts extends ConsumerPorts {
  readonly sales: Sales;
}

/** The consumer that adds up what is sold, by day and currency. */
export function salesHandler(ports: SalesPorts): KafkaHandler {
  return consume(salesEffect(ports), ports);
}

function salesEffect({ sales, waiting }: SalesPorts): Effect {
  return async (orders, invocation) => {
    const events = orders.flatMap((order) => order.events);
    // A fact has one id: what else comes under it, in this batch or later, counts no more.
    const firsts = new Map<EventId, BatchEvent>();
    for (const event of events) if (!firsts.has(event.event.eventId)) firsts.set(event.event.eventId, event);
    const outcomes = new Map<BatchEvent, Outcome>();
    for (const event of events) if (firsts.get(event.event.eventId) !== event) outcomes.set(event, DUPLICATE);
    for (const piece of inPieces(
      [...firsts.values()].map(({ event }) => entryOf(event)),
      MOST_ITEMS,
    )) {
      const counted = await countOnce(piece, partitionOf(piece, firsts), sales, waiting, invocation);
      for (const [eventId, outcome] of counted) {
        const event = firsts.get(eventId);
        if (event !== undefined) outcomes.set(event, outcome);
      }
    }
    return outcomes;
  };
}

function partitionOf([entry]: readonly Entry[], events: ReadonlyMap<EventId, BatchEvent>): number {
  return (entry && events.get(entry.eventId)?.copies[0].partition) ?? 0;
}

/** How often a piece that others are in the way of is written before it is delivered again: some 2 seconds. */
const ATTEMPTS = 8;
const BACKOFF: Backoff = { baseMs: 20, capMs: 500 };

/** Counts events that have not been counted before; an outcome for each. */
async function countOnce(
  entries: readonly Entry[],
  part: number,
  sales: Sales,
  { sleep, random }: Waiting,
  { isOver, signal }: Invocation,
): Promise<Map<EventId, Outcome>> {
  const outcomes = new Map<EventId, Outcome>();
  const allAre = (outcome: Outcome, some: readonly Entry[]) => {
    for (const { eventId } of some) outcomes.set(eventId, outcome);
    return outcomes;
  };
  let left = entries;
  for (let attempt = 1; ; ) {
    if (left.length === 0) return outcomes;
    if (isOver()) return allAre(OUT_OF_TIME, left);
    try {
      const result = await sales.count(left, part, signal);
      switch (result.kind) {
        case 'counted':
          return allAre(DONE, left);
        case 'known':
          allAre(
            DUPLICATE,
            left.filter(({ eventId }) => result.eventIds.has(eventId)),
          );
          left = left.filter(({ eventId }) => !result.eventIds.has(eventId));
          break;
        case 'contended':
          if (attempt === ATTEMPTS) return allAre(retry('SALES_CONTENDED'), left);
          await sleep(fullJitter(BACKOFF, attempt++, random));
      }
    } catch (error) {
      return allAre(outcomeOfError(error), left);
    }
  }
}
