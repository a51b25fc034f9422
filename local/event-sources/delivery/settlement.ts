import type { DeliveryAction } from './machine.ts';
import type { Deliverable } from './queue.ts';
import { type DeliveryState, hold, type PartitionKey, type Slice } from './state.ts';
import type { Verdict } from './verdict.ts';

/** Ends a batch: commits what is handled and still owned, and lines up what has to be delivered again. */
export function settle<R extends Deliverable>(
  state: DeliveryState<R>,
  batchId: number,
  verdict: Verdict,
  now: number,
  actions: DeliveryAction<R>[],
): void {
  const held = state.held.get(batchId);
  if (held === undefined) return;
  state.held.delete(batchId);
  const { batch } = held;
  const mine: Slice<R>[] = [];
  for (const slice of batch.slices) {
    const partition = state.partitions.get(slice.partition);
    if (partition === undefined) continue;
    partition.heldBy = undefined;
    if (partition.epoch === slice.epoch) mine.push(slice);
  }
  const again = (slices: readonly Slice<R>[]) =>
    hold(state, batch.poller, batch.attempt + 1, slices, now + state.rules.backOffMs(batch.attempt + 1));
  switch (verdict.kind) {
    case 'handled':
      for (const slice of mine) commit(batch.poller, slice.partition, slice.records, actions);
      break;
    case 'failed':
      if (mine.length > 0) again(mine);
      break;
    case 'partial':
      for (const slice of mine) {
        const from = verdict.retryFrom.get(slice.partition) ?? slice.records.length;
        commit(batch.poller, slice.partition, slice.records.slice(0, from), actions);
        // Each partition by itself, so that one that keeps failing doesn't hold another.
        if (from < slice.records.length) again([{ ...slice, records: slice.records.slice(from) }]);
      }
      break;
  }
}

function commit<R extends Deliverable>(
  poller: number,
  partition: PartitionKey,
  handled: readonly R[],
  actions: DeliveryAction<R>[],
): void {
  const last = handled.at(-1);
  if (last !== undefined) actions.push({ type: 'commit', poller, partition, last });
}
