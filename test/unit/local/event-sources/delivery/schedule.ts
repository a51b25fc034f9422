import fc from 'fast-check';
import {
  type DeliveryAction,
  type DeliveryEvent,
  type step,
  wakeAt,
} from '../../../../../local/event-sources/delivery/machine.ts';
import {
  type Batch,
  type DeliveryRules,
  deliveryState,
  type PartitionKey,
  RETRY_FOREVER,
} from '../../../../../local/event-sources/delivery/state.ts';
import type { Verdict } from '../../../../../local/event-sources/delivery/verdict.ts';

/**
 * Plays a schedule of fetches, ends of invocations, rebalances and waiting against a delivery machine, and checks after
 * every step what may never happen. It keeps its own books: what a broker would know, and what a function was sent.
 */
export interface TestRecord {
  readonly offset: number;
  readonly bytes: number;
  readonly timestamp: number;
}

type Move =
  | { readonly do: 'fetch'; readonly partition: number; readonly count: number }
  | {
      readonly do: 'end';
      readonly which: number;
      readonly how: 'handled' | 'failed' | 'partial';
      readonly from: number;
    }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'rebalance'; readonly owners: readonly number[]; readonly rejoined: boolean };

export interface Schedule {
  readonly rules: Omit<DeliveryRules, 'backOffMs' | keyof typeof RETRY_FOREVER>;
  readonly partitions: number;
  readonly moves: readonly Move[];
}

const POLLERS = 2;

export const schedules: fc.Arbitrary<Schedule> = fc.record({
  rules: fc.record({
    batchSize: fc.integer({ min: 1, max: 8 }),
    windowMs: fc.constantFrom(0, 10, 500),
    maxBytes: fc.constantFrom(60, 1_000),
    sliceBytes: fc.constant(5),
    maxInFlight: fc.integer({ min: 1, max: 3 }),
  }),
  partitions: fc.integer({ min: 1, max: 4 }),
  moves: fc.array(
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          do: fc.constant('fetch' as const),
          partition: fc.nat(3),
          count: fc.integer({ min: 1, max: 12 }),
        }),
      },
      {
        weight: 4,
        arbitrary: fc.record({
          do: fc.constant('end' as const),
          which: fc.nat(5),
          how: fc.constantFrom('handled' as const, 'failed' as const, 'partial' as const),
          from: fc.nat(7),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 10, 500, 5_000) }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          do: fc.constant('rebalance' as const),
          owners: fc.array(fc.nat(POLLERS - 1), { minLength: 4, maxLength: 4 }),
          rejoined: fc.boolean(),
        }),
      },
    ),
    { maxLength: 60 },
  ),
});

interface Book {
  owner: number;
  /** The next offset the owner's consumer fetches. */
  fetchAt: number;
  /** The end of the log. */
  end: number;
  committed: number;
  /** Offsets some verdict called handled. */
  readonly handled: Set<number>;
  /** The lowest offset never sent to the function. */
  neverSent: number;
  readonly sent: Map<number, number>;
  readonly reasonsToResend: Map<number, number>;
}

/** Throws with what went wrong, if anything does. */
export function play(machine: typeof step, schedule: Schedule): void {
  const state = deliveryState<TestRecord>({
    ...schedule.rules,
    backOffMs: (attempt) => 100 * attempt,
    ...RETRY_FOREVER,
  });
  const books = new Map<PartitionKey, Book>();
  for (let p = 0; p < schedule.partitions; p += 1) {
    books.set(`t-${p}`, {
      owner: 0,
      fetchAt: 0,
      end: 0,
      committed: 0,
      handled: new Set(),
      neverSent: 0,
      sent: new Map(),
      reasonsToResend: new Map(),
    });
  }
  const running: Batch<TestRecord>[] = [];
  let now = 0;

  function book(partition: PartitionKey): Book {
    const found = books.get(partition);
    if (found === undefined) throw new Error(`there is no partition ${partition}`);
    return found;
  }

  function take(event: DeliveryEvent<TestRecord>): void {
    for (const action of machine(state, event, now)) check(action);
    const due = wakeAt(state);
    if (due !== undefined && due <= now) throw new Error(`at ${now} something is due since ${due}`);
  }

  function check(action: DeliveryAction<TestRecord>): void {
    if (action.type === 'commit') checkCommit(action);
    else if (action.type === 'deliver') checkBatch(action.batch);
  }

  function checkCommit({
    poller,
    partition,
    last,
  }: Extract<DeliveryAction<TestRecord>, { type: 'commit' }>): void {
    const b = book(partition);
    if (b.owner !== poller) throw new Error(`${partition} is committed by a poller that lost it`);
    for (let offset = 0; offset <= last.offset; offset += 1) {
      if (!b.handled.has(offset)) throw new Error(`${partition}@${offset} is committed before it is handled`);
    }
    b.committed = last.offset + 1;
  }

  function checkBatch(batch: Batch<TestRecord>): void {
    const { batchSize, maxBytes, sliceBytes, maxInFlight } = schedule.rules;
    const records = batch.slices.flatMap((slice) => slice.records);
    const bytes = records.reduce((sum, r) => sum + r.bytes, 0) + batch.slices.length * sliceBytes;
    if (records.length === 0 || records.length > batchSize) throw new Error(`a batch of ${records.length}`);
    if (bytes > maxBytes && records.length > 1) throw new Error(`a batch of ${bytes} bytes`);
    if (running.filter((other) => other.poller === batch.poller).length >= maxInFlight) {
      throw new Error(`poller ${batch.poller} has too many in flight`);
    }
    for (const { partition, records: slice } of batch.slices) {
      if (running.some((other) => other.slices.some((s) => s.partition === partition))) {
        throw new Error(`two batches of ${partition} are in flight`);
      }
      const b = book(partition);
      slice.forEach(({ offset }, index) => {
        if (offset !== (slice[0]?.offset ?? 0) + index)
          throw new Error(`${partition} has a gap at ${offset}`);
        if (offset > b.neverSent)
          throw new Error(`${partition}@${offset} is first sent before ${b.neverSent}`);
        if (offset === b.neverSent) b.neverSent += 1;
        const times = (b.sent.get(offset) ?? 0) + 1;
        b.sent.set(offset, times);
        if (times > 1 + (b.reasonsToResend.get(offset) ?? 0))
          throw new Error(`${partition}@${offset} is sent again for no reason`);
      });
    }
    running.push(batch);
  }

  function fetch(partition: PartitionKey, count: number): void {
    const b = book(partition);
    const records = Array.from({ length: count }, (_, i) => ({
      offset: b.fetchAt + i,
      bytes: 7 + ((b.fetchAt + i) % 5) * 10,
      timestamp: 0,
    }));
    b.fetchAt += count;
    b.end = Math.max(b.end, b.fetchAt);
    take({ type: 'fetched', poller: b.owner, partition, records });
  }

  function allowResend(partition: PartitionKey, offsets: Iterable<number>): void {
    const { reasonsToResend } = book(partition);
    for (const offset of offsets) reasonsToResend.set(offset, (reasonsToResend.get(offset) ?? 0) + 1);
  }

  function end(batch: Batch<TestRecord>, how: 'handled' | 'failed' | 'partial', from: number): void {
    running.splice(running.indexOf(batch), 1);
    const retryFrom = new Map(
      batch.slices.map((slice) => [slice.partition, Math.min(from, slice.records.length)]),
    );
    for (const [partition, index] of retryFrom) {
      const records = batch.slices.find((slice) => slice.partition === partition)?.records ?? [];
      const handledUpTo = how === 'handled' ? records.length : how === 'failed' ? 0 : index;
      for (const record of records.slice(0, handledUpTo)) book(partition).handled.add(record.offset);
      allowResend(
        partition,
        records.slice(handledUpTo).map((record) => record.offset),
      );
    }
    const verdict: Verdict =
      how === 'handled'
        ? { kind: 'handled' }
        : how === 'failed'
          ? { kind: 'failed', cause: 'function-error' }
          : { kind: 'partial', retryFrom };
    take({ type: 'delivered', batchId: batch.id, verdict });
  }

  function assignAll(owners: readonly number[], rejoined: boolean): void {
    [...books.values()].forEach((b, p) => {
      const owner = owners[p] ?? 0;
      if (owner === b.owner && !rejoined) return;
      b.owner = owner;
      // The new owner begins at the committed offset.
      b.fetchAt = b.committed;
      allowResend(
        `t-${p}`,
        Array.from({ length: b.end - b.committed }, (_, i) => b.committed + i),
      );
    });
    for (let poller = 0; poller < POLLERS; poller += 1) {
      const partitions = [...books].filter(([, b]) => b.owner === poller).map(([key]) => key);
      take({ type: 'assigned', poller, partitions, rejoined });
    }
  }

  assignAll([0, 0, 0, 0], true);
  for (const move of schedule.moves) {
    if (move.do === 'fetch') fetch(`t-${move.partition % schedule.partitions}`, move.count);
    else if (move.do === 'rebalance') assignAll(move.owners, move.rejoined);
    else if (move.do === 'wait') {
      now += move.ms;
      take({ type: 'woken' });
    } else {
      const batch = running[move.which % Math.max(1, running.length)];
      if (batch !== undefined) end(batch, move.how, move.from);
    }
  }

  // From here on all goes well: whatever was written is handled and committed.
  for (const [partition, b] of books) if (b.fetchAt < b.end) fetch(partition, b.end - b.fetchAt);
  for (let turns = 0; turns < 10_000; turns += 1) {
    const batch = running[0];
    if (batch !== undefined) end(batch, 'handled', 0);
    else {
      const due = wakeAt(state);
      if (due === undefined) break;
      now = due;
      take({ type: 'woken' });
    }
  }
  for (const [partition, b] of books) {
    if (b.committed !== b.end) throw new Error(`${partition} stops at ${b.committed} of ${b.end}`);
  }
}
