import type { Deliverable, RecordQueue } from './queue.ts';

/** What the delivery rules remember of a mapping; `step` alone changes it. */
export interface DeliveryState<R extends Deliverable> {
  readonly rules: DeliveryRules;
  readonly partitions: Map<PartitionKey, Partition<R>>;
  readonly held: Map<number, Held<R>>;
  nextBatchId: number;
  stopping: boolean;
}

/** A Kafka partition as the event names it (`orders-0`), or a stream's shard id. */
export type PartitionKey = string;

export interface DeliveryRules {
  /** Records in one batch, at most. */
  readonly batchSize: number;
  /** A record waits this long for company, at most. */
  readonly windowMs: number;
  /** Bytes of records (their JSON) in one batch, at most; a record larger than that goes alone. */
  readonly maxBytes: number;
  /** What a partition adds to the event beside its records, in bytes. */
  readonly sliceBytes: number;
  /** Batches one poller has in flight, at most. */
  readonly maxInFlight: number;
  /** Milliseconds before the given attempt, 1 being the first retry. */
  readonly backOffMs: (attempt: number) => number;
}

/** What one invocation is made of. */
export interface Batch<R extends Deliverable> {
  readonly id: number;
  readonly poller: number;
  /** 0 for the first delivery. */
  readonly attempt: number;
  /** Consecutive records of each partition, none empty. */
  readonly slices: readonly Slice<R>[];
}

export interface Slice<R extends Deliverable> {
  readonly partition: PartitionKey;
  readonly epoch: number;
  readonly records: readonly R[];
}

export interface Partition<R extends Deliverable> {
  readonly key: PartitionKey;
  poller: number | undefined;
  epoch: number;
  readonly queue: RecordQueue<R>;
  /** The batch that holds the partition, of this epoch or, while it runs, of an earlier one. */
  heldBy: number | undefined;
}

/** `dueAt` undefined: in flight; else waiting for its next attempt. */
interface Held<R extends Deliverable> {
  batch: Batch<R>;
  dueAt: number | undefined;
}

export function deliveryState<R extends Deliverable>(rules: DeliveryRules): DeliveryState<R> {
  return { rules, partitions: new Map(), held: new Map(), nextBatchId: 1, stopping: false };
}

/** Makes a batch that holds the partitions of its slices; `dueAt` undefined: it is sent now. */
export function hold<R extends Deliverable>(
  state: DeliveryState<R>,
  poller: number,
  attempt: number,
  slices: readonly Slice<R>[],
  dueAt: number | undefined,
): Batch<R> {
  const batch = { id: state.nextBatchId++, poller, attempt, slices };
  state.held.set(batch.id, { batch, dueAt });
  for (const slice of slices) {
    const partition = state.partitions.get(slice.partition);
    if (partition !== undefined) partition.heldBy = batch.id;
  }
  return batch;
}

/** How many batches of the poller are in flight. */
export function inFlight(state: DeliveryState<Deliverable>, poller: number): number {
  let count = 0;
  for (const held of state.held.values()) {
    if (held.batch.poller === poller && held.dueAt === undefined) count += 1;
  }
  return count;
}
