import { type Deliverable, emptyQueue } from './queue.ts';
import type { DeliveryState, Partition, PartitionKey } from './state.ts';

/** Makes `partitions` exactly what the poller owns. `rejoined`: as a new group member, which kept nothing. */
export function assign<R extends Deliverable>(
  state: DeliveryState<R>,
  event: {
    readonly poller: number;
    readonly partitions: readonly PartitionKey[];
    readonly rejoined: boolean;
  },
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
        heldBy: undefined,
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
  const held = partition.heldBy === undefined ? undefined : state.held.get(partition.heldBy);
  if (held?.dueAt === undefined) return;
  // The batch waits for a retry: it goes on without this partition.
  partition.heldBy = undefined;
  const slices = held.batch.slices.filter((slice) => slice.partition !== partition.key);
  if (slices.length === 0) state.held.delete(held.batch.id);
  else held.batch = { ...held.batch, slices };
}
