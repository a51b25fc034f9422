import type { DeliveryAction } from './machine.ts';
import { type Deliverable, dequeue, headArrivedAt } from './queue.ts';
import {
  type Batch,
  type DeliveryRules,
  type DeliveryState,
  hold,
  inFlight,
  type Partition,
  type Slice,
} from './state.ts';

/** Retries that are due first, then as many new batches as are ready. */
export function send<R extends Deliverable>(
  state: DeliveryState<R>,
  now: number,
  actions: DeliveryAction<R>[],
): void {
  const room = new Map<number, number>();
  const takeRoom = (poller: number) => {
    const left = room.get(poller) ?? state.rules.maxInFlight - inFlight(state, poller);
    room.set(poller, left - 1);
    return left > 0;
  };
  for (const held of state.held.values()) {
    if (held.dueAt === undefined || held.dueAt > now || !takeRoom(held.batch.poller)) continue;
    held.dueAt = undefined;
    actions.push({ type: 'deliver', batch: held.batch });
  }
  for (const [poller, free] of freePartitions(state)) {
    while (isReady(free, state.rules, now) && takeRoom(poller)) {
      actions.push({ type: 'deliver', batch: take(state, poller, free) });
    }
  }
}

/** By poller, the partitions that have something to send and aren't held, longest waiting first. */
function freePartitions<R extends Deliverable>(state: DeliveryState<R>): Map<number, Partition<R>[]> {
  const byPoller = new Map<number, Partition<R>[]>();
  for (const partition of state.partitions.values()) {
    if (partition.poller === undefined || partition.heldBy !== undefined || partition.queue.count === 0)
      continue;
    const free = byPoller.get(partition.poller);
    if (free === undefined) byPoller.set(partition.poller, [partition]);
    else free.push(partition);
  }
  const waitingSince = (partition: Partition<R>) => headArrivedAt(partition.queue) ?? 0;
  for (const free of byPoller.values()) free.sort((a, b) => waitingSince(a) - waitingSince(b));
  return byPoller;
}

/** Lambda invokes when the first of three holds: the window is over, the batch is full, the event is full. */
function isReady<R extends Deliverable>(
  free: readonly Partition<R>[],
  rules: DeliveryRules,
  now: number,
): boolean {
  let count = 0;
  let bytes = 0;
  for (const { queue } of free) {
    const arrivedAt = headArrivedAt(queue);
    if (arrivedAt !== undefined && now - arrivedAt >= rules.windowMs) return true;
    count += queue.count;
    bytes += queue.bytes + rules.sliceBytes;
  }
  return count >= rules.batchSize || bytes >= rules.maxBytes;
}

/** Fills one batch from the front of `free`, and removes the partitions it then holds. */
function take<R extends Deliverable>(
  state: DeliveryState<R>,
  poller: number,
  free: Partition<R>[],
): Batch<R> {
  const slices: Slice<R>[] = [];
  let count = 0;
  let bytes = 0;
  for (const partition of free) {
    const taken = dequeue(partition.queue, {
      maxRecords: state.rules.batchSize - count,
      maxBytes: state.rules.maxBytes - bytes - state.rules.sliceBytes,
      atLeast: slices.length === 0 ? 1 : 0,
    });
    if (taken.records.length === 0) break;
    slices.push({ partition: partition.key, epoch: partition.epoch, records: taken.records });
    count += taken.records.length;
    bytes += taken.bytes + state.rules.sliceBytes;
  }
  free.splice(0, slices.length);
  return hold(state, poller, 0, slices, undefined);
}
