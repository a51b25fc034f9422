import type { Deliverable, RecordQueue } from './queue.ts';

/** What the delivery rules remember of a mapping; `step` alone changes it. */
export interface DeliveryState<R extends Deliverable> {
  readonly rules: DeliveryRules;
  readonly partitions: Map<PartitionKey, Partition<R>>;
  readonly held: Map<number, Held<R>>;
  nextId: number;
  stopping: boolean;
}

/** A Kafka partition as the event names it (`orders-0`), or a stream's shard id. */
export type PartitionKey = string;

export interface DeliveryRules {
  /** Records in one batch, at most. */
  readonly batchSize: number;
  /** A record waits this long for company, at most. */
  readonly windowMs: number;
  /** Bytes of records (their JSON) in one batch, at most; a record larger than that can't be delivered at all. */
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

/** What one invocation is made of. */
export interface Batch<R extends Deliverable> extends Past {
  readonly id: number;
  readonly poller: number;
  /** In order within each partition, none empty. */
  readonly slices: readonly Slice<R>[];
}

/** What the records of a batch have behind them. */
export interface Past {
  /** Deliveries that came to nothing, those included that never reached the function; one that is split isn't. */
  readonly attempt: number;
  /** Retries used up, of `maximumRetryAttempts`. */
  readonly retries: number;
  /** How often the function was invoked with them. */
  readonly invocations: number;
  /** The last of those invocations; undefined if there was none. */
  readonly lastResult: LastResult | undefined;
}

export const NOTHING_YET: Past = { attempt: 0, retries: 0, invocations: 0, lastResult: undefined };

/** An invocation, as a dead letter tells of it. */
export interface LastResult {
  readonly requestId: string;
  /** It ended with a function error; else its response named batch item failures, or couldn't be understood. */
  readonly functionError: boolean;
}

/** Records that are delivered no more. */
export interface GiveUp<R extends Deliverable> extends Pick<Past, 'invocations' | 'lastResult'> {
  readonly id: number;
  readonly reason: GiveUpReason;
  /** In order within each partition, none empty. */
  readonly slices: readonly Slice<R>[];
}

export type GiveUpReason = 'retries-exhausted' | 'record-too-old' | 'payload-too-large';

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
  /** The records last taken from the queue; those before `committed` are committed. Empty once all of them are. */
  taken: readonly R[];
  committed: number;
  /**
   * What holds the partition, by id, in the order in which it may be sent: the batch its records were taken for, or
   * what has become of it; of this epoch or, while it runs, of an earlier one.
   */
  readonly holders: number[];
}

/** What the delivery rules want done. */
export type DeliveryAction<R extends Deliverable> =
  | { readonly type: 'deliver'; readonly batch: Batch<R> }
  /** These records are delivered no more: send them to the destination or drop them, then say `gave-up`. */
  | { readonly type: 'give-up'; readonly giveUp: GiveUp<R> }
  /** Everything of the partition up to and including `last` is handled. */
  | { readonly type: 'commit'; readonly poller: number; readonly partition: PartitionKey; readonly last: R };

/** What holds partitions. */
export type Held<R extends Deliverable> =
  | { readonly kind: 'in-flight'; readonly batch: Batch<R> }
  /** For its next attempt. */
  | { readonly kind: 'waiting'; readonly batch: Batch<R>; readonly dueAt: number }
  /** On its way to the destination. */
  | { readonly kind: 'given-up'; readonly giveUp: GiveUp<R> };

export function deliveryState<R extends Deliverable>(rules: DeliveryRules): DeliveryState<R> {
  return { rules, partitions: new Map(), held: new Map(), nextId: 1, stopping: false };
}

/** How many batches of the poller are in flight. */
export function inFlight(state: DeliveryState<Deliverable>, poller: number): number {
  let count = 0;
  for (const held of state.held.values()) {
    if (held.kind === 'in-flight' && held.batch.poller === poller) count += 1;
  }
  return count;
}

/** Whether the batch is the next to be sent in each of its partitions; what was given up is in nobody's way. */
export function isNext<R extends Deliverable>(state: DeliveryState<R>, batch: Batch<R>): boolean {
  return batch.slices.every(({ partition }) => {
    const holders = state.partitions.get(partition)?.holders ?? [];
    const first = holders.find((id) => state.held.get(id)?.kind !== 'given-up');
    return first === batch.id;
  });
}

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
): DeliveryAction<R>[] {
  const { id, slices } = contents(old);
  state.held.delete(id);
  for (const piece of pieces) state.held.set(contents(piece).id, piece);
  const commits = slices.flatMap((slice) => {
    const partition = state.partitions.get(slice.partition);
    if (partition === undefined) return [];
    const followers = pieces.filter((piece) => sliceOf(piece, slice.partition) !== undefined);
    partition.holders.splice(
      partition.holders.indexOf(id),
      1,
      ...followers.map((piece) => contents(piece).id),
    );
    return commitHandled(state, partition);
  });
  return [...commits, ...pieces.flatMap(announce)];
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
export function announce<R extends Deliverable>(held: Held<R>): DeliveryAction<R>[] {
  return held.kind === 'given-up' ? [{ type: 'give-up', giveUp: held.giveUp }] : [];
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
): DeliveryAction<R>[] {
  let end = partition.taken.length;
  for (const id of partition.holders) {
    const held = state.held.get(id);
    const first = held && sliceOf(held, partition.key)?.records[0];
    if (first !== undefined) end = Math.min(end, partition.taken.indexOf(first));
  }
  const last = partition.taken[end - 1];
  if (end <= partition.committed || last === undefined || partition.poller === undefined) return [];
  partition.committed = end;
  // All of it: let the records go, there may be megabytes of them.
  if (partition.holders.length === 0) partition.taken = [];
  return [{ type: 'commit', poller: partition.poller, partition: partition.key, last }];
}

function contents<R extends Deliverable>(held: Held<R>): Pick<GiveUp<R>, 'id' | 'slices'> {
  return held.kind === 'given-up' ? held.giveUp : held.batch;
}

function sliceOf<R extends Deliverable>(held: Held<R>, key: string): Slice<R> | undefined {
  return contents(held).slices.find((slice) => slice.partition === key);
}
