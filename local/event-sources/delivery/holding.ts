import type { DeliveryAction } from './action.ts';
import type { Deliverable } from './queue.ts';
import type { DeliveryState, GiveUp, GiveUpReason, Held, Partition, Past, Slice } from './state.ts';

/** Lets a batch or a give-up hold the partitions of its slices, whose records have just been taken from their queues. */
export function hold<R extends Deliverable>(state: DeliveryState<R>, held: Held<R>): void {
  const { id, slices } = contents(held);
  state.held.set(id, held);
  for (const { partition: key, records } of slices) {
    const partition = state.partitions.get(key);
    if (partition === undefined) continue;
    partition.holders.push(id);
    partition.taken = records;
    partition.committed = 0;
  }
}

/**
 * Puts `pieces`, in this order, in the place of what held their partitions, commits what has thereby been handled, and
 * gives up what is to be given up. No pieces: everything is handled.
 *
 *     taken      0 1 2 3 4 5 6 7
 *     pieces         ^ ^   ^
 *     commit   ──>|              records 3, 5, 6 and 7 may be handled: their commit waits for 2
 */
export function replace<R extends Deliverable>(
  state: DeliveryState<R>,
  old: Held<R>,
  pieces: readonly Held<R>[],
  actions: DeliveryAction<R>[],
): void {
  const { id, slices } = contents(old);
  state.held.delete(id);
  for (const piece of pieces) state.held.set(contents(piece).id, piece);
  for (const slice of slices) {
    const partition = state.partitions.get(slice.partition);
    if (partition === undefined) continue;
    const followers = pieces.filter((piece) => sliceOf(piece, slice.partition) !== undefined);
    partition.holders.splice(
      partition.holders.indexOf(id),
      1,
      ...followers.map((piece) => contents(piece).id),
    );
    commitHandled(state, partition, actions);
  }
  for (const piece of pieces) announce(piece, actions);
}

/** A give-up of these records, to be held. */
export function givenUp<R extends Deliverable>(
  state: DeliveryState<R>,
  reason: GiveUpReason,
  { invocations, lastResult }: Past,
  slices: readonly Slice<R>[],
): Held<R> {
  return { kind: 'given-up', giveUp: { id: state.nextId++, reason, invocations, lastResult, slices } };
}

/** Tells of records that are given up. */
export function announce<R extends Deliverable>(held: Held<R>, actions: DeliveryAction<R>[]): void {
  if (held.kind === 'given-up') actions.push({ type: 'give-up', giveUp: held.giveUp });
}

/** Those of some slices whose partition hasn't changed hands since. */
export function stillOwned<R extends Deliverable>(
  state: DeliveryState<R>,
  slices: readonly Slice<R>[],
): readonly Slice<R>[] {
  return slices.filter((slice) => state.partitions.get(slice.partition)?.epoch === slice.epoch);
}

/** Nothing for what an earlier assignment leaves behind: until it does, the present one has taken no records. */
function commitHandled<R extends Deliverable>(
  state: DeliveryState<R>,
  partition: Partition<R>,
  actions: DeliveryAction<R>[],
): void {
  let end = partition.taken.length;
  for (const id of partition.holders) {
    const held = state.held.get(id);
    const first = held && sliceOf(held, partition.key)?.records[0];
    if (first !== undefined) end = Math.min(end, partition.taken.indexOf(first));
  }
  const last = partition.taken[end - 1];
  if (end <= partition.committed || last === undefined || partition.poller === undefined) return;
  actions.push({ type: 'commit', poller: partition.poller, partition: partition.key, last });
  partition.committed = end;
  // All of it: let the records go, there may be megabytes of them.
  if (partition.holders.length === 0) partition.taken = [];
}

function contents<R extends Deliverable>(held: Held<R>): Pick<GiveUp<R>, 'id' | 'slices'> {
  return held.kind === 'given-up' ? held.giveUp : held.batch;
}

function sliceOf<R extends Deliverable>(held: Held<R>, key: string): Slice<R> | undefined {
  return contents(held).slices.find((slice) => slice.partition === key);
}
