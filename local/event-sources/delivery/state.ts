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
  /** How often a record range that fails is retried: the first attempt isn't counted, nor is one that never reached the function. */
  readonly maximumRetryAttempts: number | 'infinite';
  /** A record whose timestamp is longer ago isn't delivered any more; undefined: it never gets too old. */
  readonly maximumRecordAgeMs: number | undefined;
  /** Whether a batch that fails as a whole is split in two, each half then delivered by itself. */
  readonly bisect: boolean;
  /**
   * What a batch item failure brings again: everything of its partition from the lowest one on (`checkpoint`), or
   * exactly the records it names (`selective`).
   */
  readonly partialResponse: 'checkpoint' | 'selective';
}

/** The rules of a mapping that says nothing of failures: retried as a whole, without an end. */
export const RETRY_FOREVER = {
  maximumRetryAttempts: 'infinite',
  maximumRecordAgeMs: undefined,
  bisect: false,
  partialResponse: 'checkpoint',
} as const satisfies Partial<DeliveryRules>;

/** What one invocation is made of. */
export interface Batch<R extends Deliverable> {
  readonly id: number;
  readonly poller: number;
  /** 0 for the first delivery. */
  readonly attempt: number;
  /** In order within each partition, none empty. */
  readonly slices: readonly Slice<R>[];
}

/** Records that are delivered no more. */
export interface GiveUp<R extends Deliverable> {
  readonly id: number;
  readonly reason: GiveUpReason;
  /** In order within each partition, none empty. */
  readonly slices: readonly Slice<R>[];
  /** How often the function was invoked with them. */
  readonly attempts: number;
  /** The last of those invocations; undefined if there was none. */
  readonly lastResult: LastResult | undefined;
}

type GiveUpReason = 'retries-exhausted' | 'record-too-old' | 'payload-too-large';

/** The last invocation that reached the function, as a dead letter tells of it. */
interface LastResult {
  readonly requestId: string;
  /** It ended with a function error; else its response named batch item failures, or couldn't be understood. */
  readonly functionError: boolean;
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
