import { send } from './batching.ts';
import { type Deliverable, emptyQueue, enqueue, headArrivedAt } from './queue.ts';
import { settle, settleGiveUp } from './settlement.ts';
import {
  type DeliveryAction,
  type DeliveryState,
  inFlight,
  isNext,
  type Partition,
  type PartitionKey,
} from './state.ts';
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
  const actions = take(state, event, now);
  return state.stopping ? actions : [...actions, ...send(state, now)];
}

function take<R extends Deliverable>(
  state: DeliveryState<R>,
  event: DeliveryEvent<R>,
  now: number,
): readonly DeliveryAction<R>[] {
  switch (event.type) {
    case 'assigned':
      assign(state, event);
      return [];
    case 'fetched': {
      const partition = state.partitions.get(event.partition);
      if (partition?.poller === event.poller) enqueue(partition.queue, event.records, now);
      return [];
    }
    case 'delivered':
      return settle(state, event.batchId, event.verdict, now);
    case 'gave-up':
      return settleGiveUp(state, event.id);
    case 'stopping':
      state.stopping = true;
      return [];
    case 'woken':
      return [];
  }
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

/** Makes `partitions` exactly what the poller owns. */
function assign<R extends Deliverable>(
  state: DeliveryState<R>,
  event: Extract<DeliveryEvent<R>, { type: 'assigned' }>,
): void {
  const assigned = new Set(event.partitions);
  for (const partition of state.partitions.values()) {
    if (partition.poller !== event.poller) continue;
    if (event.rejoined || !assigned.has(partition.key)) revoke(state, partition);
  }
  for (const key of assigned) {
    const partition = state.partitions.get(key);
    if (partition === undefined) {
      state.partitions.set(key, {
        key,
        poller: event.poller,
        epoch: 1,
        queue: emptyQueue(),
        taken: [],
        committed: 0,
        holders: [],
      });
    } else if (partition.poller !== event.poller) {
      // Owned by another poller that hasn't heard yet that it lost it.
      revoke(state, partition);
      partition.poller = event.poller;
    }
  }
}

function revoke<R extends Deliverable>(state: DeliveryState<R>, partition: Partition<R>): void {
  partition.poller = undefined;
  partition.epoch += 1;
  Object.assign(partition.queue, emptyQueue<R>());
  partition.taken = [];
  partition.committed = 0;
  for (const id of [...partition.holders]) {
    const held = state.held.get(id);
    if (held?.kind !== 'waiting') continue;
    // It goes on without this partition.
    partition.holders.splice(partition.holders.indexOf(id), 1);
    const slices = held.batch.slices.filter((slice) => slice.partition !== partition.key);
    if (slices.length === 0) state.held.delete(id);
    else state.held.set(id, { ...held, batch: { ...held.batch, slices } });
  }
}
