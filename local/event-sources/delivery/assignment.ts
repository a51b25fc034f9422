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
