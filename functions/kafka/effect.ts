import { mapConcurrently } from '../concurrency.ts';
import { isTransient } from '../transient.ts';
import type { BatchEvent, OrderEvents } from './fold.ts';
import { deadLetter, OUT_OF_TIME, type Outcome, outcomeOfError } from './outcome.ts';

/** What a consumer's effect knows of the invocation it runs in. */
export interface Invocation {
  /** Unique to a round of the invocation: by it, the ledger knows what was claimed in that round. */
  readonly id: string;
  /**
   * Whether it is too late to begin anything. What began before that ends, and is noted, before Lambda ends the
   * invocation.
   */
  readonly isOver: () => boolean;
  /** Aborts when all that has begun has to have ended, so that the dead letters of the batch can still be written. */
  readonly signal: AbortSignal;
}

export type EventOutcomes = ReadonlyMap<BatchEvent, Outcome>;

/**
 * What a consumer does to the world for the events of a batch.
 *
 * It answers for every event it was given and may be called again with any of them: effects are idempotent. It throws
 * only what it did not expect.
 */
export type Effect = (orders: readonly OrderEvents[], invocation: Invocation) => Promise<EventOutcomes>;

/** Orders run alone at once, after the batch as a whole has failed. */
const ALONE_IN_FLIGHT = 5;

/**
 * Runs the effect over a batch and attributes what it throws.
 *
 * An exception of the whole batch is nobody's yet: each order is run again alone, and only the one that throws again,
 * by itself, is held responsible. Its neighbours get their effect. None begins when the time is up.
 */
export async function runEffect(
  effect: Effect,
  orders: readonly OrderEvents[],
  invocation: Invocation,
): Promise<EventOutcomes> {
  if (orders.length === 0) return new Map();
  try {
    return answered(orders, await effect(orders, invocation));
  } catch (error) {
    if (orders.length === 1 || isTransient(error)) return sameForAll(orders, outcomeOfError(error));
  }
  const alone = await mapConcurrently(orders, ALONE_IN_FLIGHT, async (order) =>
    invocation.isOver() ? sameForAll([order], OUT_OF_TIME) : await runEffect(effect, [order], invocation),
  );
  return new Map(alone.flatMap((outcomes) => [...outcomes]));
}

/** An effect that forgot an event has a bug; the event must not be taken for done. */
function answered(orders: readonly OrderEvents[], outcomes: EventOutcomes): EventOutcomes {
  const forgotten = deadLetter('unexpected', {
    code: 'NO_OUTCOME',
    detail: 'the effect did not answer for it',
  });
  return new Map(
    orders.flatMap(({ events }) => events.map((event) => [event, outcomes.get(event) ?? forgotten])),
  );
}

function sameForAll(orders: readonly OrderEvents[], outcome: Outcome): EventOutcomes {
  return new Map(orders.flatMap(({ events }) => events.map((event) => [event, outcome])));
}
