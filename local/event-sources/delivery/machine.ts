import type { DeliveryAction } from './action.ts';
import { assign } from './assignment.ts';
import { send } from './batching.ts';
import { type Deliverable, enqueue, headArrivedAt } from './queue.ts';
import { settle, settleGiveUp } from './settlement.ts';
import { type DeliveryState, inFlight, isNext, type PartitionKey } from './state.ts';
import type { Verdict } from './verdict.ts';

export type DeliveryEvent<R extends Deliverable> =
  /** The poller's assignment is now exactly these. `rejoined`: as a new member, so it kept none it had. */
  | {
      readonly type: 'assigned';
      readonly poller: number;
      readonly partitions: readonly PartitionKey[];
      readonly rejoined: boolean;
    }
  /** The records that follow those fetched before; ignored for a partition the poller doesn't own. */
  | {
      readonly type: 'fetched';
      readonly poller: number;
      readonly partition: PartitionKey;
      readonly records: readonly R[];
    }
  | { readonly type: 'delivered'; readonly batchId: number; readonly verdict: Verdict }
  /** The records of a `give-up` are where they go: at the mapping's destination, or dropped. */
  | { readonly type: 'gave-up'; readonly id: number }
  /** Time has passed. */
  | { readonly type: 'woken' }
  /** From now on nothing is sent; what is in flight may still be handled. */
  | { readonly type: 'stopping' };

/**
 * The delivery rules of an event source mapping, as a state machine: events and the time in, actions out.
 *
 * A record's way, per partition:
 *
 *     fetched ──> queued ──> in flight ──> handled ──> commit
 *                               │  ^
 *                        failed v  │ due            ^
 *                             waiting ──> given up ───┘  at the destination, or dropped
 *
 * A batch takes records of every free partition of one poller. It *holds* its partitions until all of its records are
 * handled or given up, so a partition has at most one batch in flight, keeps its order, and fails without stopping the
 * partitions beside it. A batch that fails may leave several pieces, sent one after the other where they share a
 * partition.
 * Each assignment of a partition is an *epoch*: what a batch of an earlier epoch did is neither committed nor retried
 * (its new owner reads those records again), but while it runs it still holds the partition.
 *
 * `step` changes the state it is given (a hundred thousand records a second pass through it) and has no other effect:
 * same state, event and time, same actions.
 *
 * Takes one event at `now` (epoch milliseconds) and tells what to do, in order.
 */
export function step<R extends Deliverable>(
  state: DeliveryState<R>,
  event: DeliveryEvent<R>,
  now: number,
): readonly DeliveryAction<R>[] {
  const actions: DeliveryAction<R>[] = [];
  switch (event.type) {
    case 'assigned':
      assign(state, event);
      break;
    case 'fetched': {
      const partition = state.partitions.get(event.partition);
      if (partition?.poller === event.poller) enqueue(partition.queue, event.records, now);
      break;
    }
    case 'delivered':
      settle(state, event.batchId, event.verdict, now, actions);
      break;
    case 'stopping':
      state.stopping = true;
      break;
    case 'gave-up':
      settleGiveUp(state, event.id, actions);
      break;
    case 'woken':
      break;
  }
  if (!state.stopping) send(state, now, actions);
  return actions;
}

/** When `step` has something to do without a further event: epoch milliseconds, or undefined. */
export function wakeAt(state: DeliveryState<Deliverable>): number | undefined {
  if (state.stopping) return undefined;
  let earliest: number | undefined;
  const consider = (poller: number | undefined, at: number | undefined) => {
    if (poller === undefined || at === undefined || (earliest !== undefined && at >= earliest)) return;
    if (inFlight(state, poller) < state.rules.maxInFlight) earliest = at;
  };
  for (const held of state.held.values()) {
    if (held.kind === 'waiting' && isNext(state, held.batch)) consider(held.batch.poller, held.dueAt);
  }
  for (const { holders, poller, queue } of state.partitions.values()) {
    const arrivedAt = headArrivedAt(queue);
    if (holders.length === 0 && arrivedAt !== undefined) consider(poller, arrivedAt + state.rules.windowMs);
  }
  return earliest;
}
