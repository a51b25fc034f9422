import { type DeliveryEvent, step, wakeAt } from './machine.ts';
import type { Deliverable } from './queue.ts';
import { failures } from './settlement.ts';
import {
  type Batch,
  type DeliveryAction,
  type DeliveryRules,
  deliveryState,
  type GiveUp,
  type PartitionKey,
  stillOwned,
} from './state.ts';
import type { Verdict } from './verdict.ts';

/** The delivery rules at work: pollers feed it, it runs batches and commits. */
export interface Delivery<R extends Deliverable> {
  /** The poller owns exactly these partitions from now on; see the `assigned` event. */
  assigned(poller: number, partitions: readonly PartitionKey[], rejoined: boolean): void;
  /** Whether the partition is the poller's, so that what it has fetched is still queued, in flight or handled. */
  owns(poller: number, partition: PartitionKey): boolean;
  /** The records that follow those fetched before. */
  fetched(poller: number, partition: PartitionKey, records: readonly R[]): void;
  /** What of a partition waits for its first delivery. */
  queued(partition: PartitionKey): { readonly count: number; readonly bytes: number };
  /** Whether nothing of the partition waits or is in flight. */
  isDone(partition: PartitionKey): boolean;
  /** Resolves as soon as `holds` is true after some step, or after `timeoutMs`. */
  until(holds: () => boolean, timeoutMs?: number): Promise<void>;
  /** Sends nothing more, and resolves when nothing is in flight or `boundMs` are over. */
  stop(boundMs: number): Promise<void>;
}

export interface DeliveryPorts<R extends Deliverable> {
  readonly clock: () => number;
  readonly deliver: (batch: Batch<R>) => Promise<Verdict>;
  /** Resolves when the records are at the destination or dropped, or when nothing of them `isOwned` any more. */
  readonly giveUp: (records: GiveUp<R>, isOwned: () => boolean) => Promise<void>;
  readonly commit: (commit: Extract<DeliveryAction<R>, { type: 'commit' }>) => void;
  /** Told of each batch that ends, before its commits; `failed` of its records come again or are given up. */
  readonly ended: (batch: Batch<R>, verdict: Verdict, failed: number) => void;
  /** Told that records which were to be given up are lost, since `giveUp` rejected: the local cloud goes on without them. */
  readonly lost: (records: GiveUp<R>, error: unknown) => void;
}

export function startDelivery<R extends Deliverable>(
  rules: DeliveryRules,
  ports: DeliveryPorts<R>,
): Delivery<R> {
  const state = deliveryState<R>(rules);
  const watchers = new Set<() => void>();
  let inFlight = 0;
  let timer: NodeJS.Timeout | undefined;
  let timerAt: number | undefined;

  function take(event: DeliveryEvent<R>): void {
    const now = ports.clock();
    for (const action of step(state, event, now)) {
      switch (action.type) {
        case 'deliver':
          void run(action.batch);
          break;
        case 'give-up':
          void giveUp(action.giveUp);
          break;
        case 'commit':
          ports.commit(action);
          break;
      }
    }
    wake(wakeAt(state), now);
    for (const watch of watchers) watch();
  }

  async function run(batch: Batch<R>): Promise<void> {
    inFlight += 1;
    const verdict = await ports
      .deliver(batch)
      .catch((): Verdict => ({ kind: 'not-invoked', cause: 'host-stopping' }));
    inFlight -= 1;
    ports.ended(batch, verdict, failures(rules, batch, verdict));
    take({ type: 'delivered', batchId: batch.id, verdict });
  }

  async function giveUp(records: GiveUp<R>): Promise<void> {
    inFlight += 1;
    try {
      await ports.giveUp(records, () => stillOwned(state, records.slices).length > 0);
    } catch (error) {
      ports.lost(records, error);
    }
    inFlight -= 1;
    take({ type: 'gave-up', id: records.id });
  }

  function wake(at: number | undefined, now: number): void {
    if (at === timerAt) return;
    clearTimeout(timer);
    timerAt = at;
    if (at === undefined) return;
    timer = setTimeout(
      () => {
        timerAt = undefined;
        take({ type: 'woken' });
      },
      Math.max(0, at - now),
    );
  }

  function until(holds: () => boolean, timeoutMs?: number): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = () => {
        clearTimeout(deadline);
        watchers.delete(watch);
        resolve();
      };
      const watch = () => {
        if (holds()) finish();
      };
      const deadline = timeoutMs === undefined ? undefined : setTimeout(finish, timeoutMs);
      watchers.add(watch);
    });
  }

  return {
    assigned: (poller, partitions, rejoined) => take({ type: 'assigned', poller, partitions, rejoined }),
    owns: (poller, partition) => state.partitions.get(partition)?.poller === poller,
    fetched: (poller, partition, records) => take({ type: 'fetched', poller, partition, records }),
    queued: (partition) => state.partitions.get(partition)?.queue ?? { count: 0, bytes: 0 },
    isDone: (key) => {
      const partition = state.partitions.get(key);
      return partition === undefined || (partition.queue.count === 0 && partition.holders.length === 0);
    },
    until,
    async stop(boundMs) {
      take({ type: 'stopping' });
      await until(() => inFlight === 0, boundMs);
    },
  };
}
