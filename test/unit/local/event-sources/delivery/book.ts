import type {
  DeliveryRules,
  GiveUp,
  LastResult,
  PartitionKey,
} from '../../../../../local/event-sources/delivery/state.ts';

/** A record as it was fetched: `epoch` tells in which assignment of its partition. */
export interface TestRecord {
  readonly offset: number;
  readonly bytes: number;
  readonly timestamp: number;
  readonly epoch: number;
}

/** What has happened to a record since its partition was last assigned. */
interface Life {
  deliveries: number;
  /** Deliveries that reached the function. */
  invocations: number;
  lastResult: LastResult | undefined;
  /** Verdicts after which it has to be sent once more. */
  reasonsToSend: number;
  fate: 'outstanding' | 'handled' | 'giving up' | 'given up';
}

/** What a broker and a function would know of one partition; every method throws if the rules don't allow what happens. */
export interface Book {
  readonly key: PartitionKey;
  owner: number;
  fetch(count: number, now: number): TestRecord[];
  fetchRest(now: number): TestRecord[];
  assign(owner: number): void;
  sent(records: readonly TestRecord[], now: number): void;
  /** An invocation with these records has ended; `again` of them it calls failed. */
  ended(
    records: readonly TestRecord[],
    again: readonly TestRecord[],
    result: LastResult | 'not invoked',
  ): void;
  givingUp(giveUp: GiveUp<TestRecord>, records: readonly TestRecord[], now: number): void;
  gaveUp(records: readonly TestRecord[]): void;
  committed(poller: number, last: TestRecord): void;
  complete(): void;
}

/** How often the rules let a record be delivered within one assignment. */
function mostDeliveries(rules: DeliveryRules, partitions: number, notInvoked: number): number {
  // Between partitions first, then in the middle of one.
  const splits = rules.bisect ? partitions - 1 + Math.ceil(Math.log2(rules.batchSize)) : 0;
  const retries =
    rules.maximumRetryAttempts === 'infinite' ? Number.POSITIVE_INFINITY : rules.maximumRetryAttempts;
  return 1 + retries + splits + notInvoked;
}

export function openBook(key: PartitionKey, rules: DeliveryRules, partitions: number): Book {
  const log: { readonly bytes: number; readonly timestamp: number }[] = [];
  let lives = new Map<number, Life>();
  let epoch = 0;
  let owner = 0;
  let fetchAt = 0;
  let committed = 0;
  /** The lowest offset that was neither sent nor given up, in any assignment. */
  let untouched = 0;

  const fail = (what: string): never => {
    throw new Error(`${key}: ${what}`);
  };
  const life = (offset: number): Life => lives.get(offset) ?? fail(`${offset} was never fetched`);
  const isTooOld = ({ offset }: TestRecord, now: number) =>
    rules.maximumRecordAgeMs !== undefined && now - (log[offset]?.timestamp ?? 0) > rules.maximumRecordAgeMs;
  const isTooLarge = ({ bytes }: TestRecord) => bytes + rules.sliceBytes > rules.maxBytes;

  function touch({ offset }: TestRecord): void {
    if (offset > untouched) fail(`${offset} comes before ${untouched}`);
    if (offset === untouched) untouched += 1;
  }

  function ours(records: readonly TestRecord[]): void {
    records.forEach((record, index) => {
      if (record.epoch !== epoch) fail(`${record.offset} is of an assignment that is over`);
      if (record.offset <= (records[index - 1]?.offset ?? -1)) fail(`${record.offset} is out of order`);
    });
  }

  function fetch(count: number, now: number): TestRecord[] {
    return Array.from({ length: count }, () => {
      const offset = fetchAt++;
      // Sizes and ages of all kinds, the same each time the record is read.
      log[offset] ??= { bytes: 7 + ((offset * 3) % 5) * 10, timestamp: now - (offset % 3) * 1_200 };
      lives.set(offset, {
        deliveries: 0,
        invocations: 0,
        lastResult: undefined,
        reasonsToSend: 1,
        fate: 'outstanding',
      });
      return { ...(log[offset] ?? { bytes: 0, timestamp: 0 }), offset, epoch };
    });
  }

  return {
    key,
    get owner() {
      return owner;
    },
    fetch,
    fetchRest: (now) => fetch(log.length - fetchAt, now),
    assign(next) {
      owner = next;
      epoch += 1;
      fetchAt = committed;
      lives = new Map();
    },
    sent(records, now) {
      ours(records);
      for (const record of records) {
        const { offset } = record;
        touch(record);
        if (isTooOld(record, now)) fail(`${offset} is sent although it is too old`);
        if (isTooLarge(record)) fail(`${offset} is sent although it is too large`);
        const its = life(offset);
        if (its.fate !== 'outstanding') fail(`${offset} is sent although it is ${its.fate}`);
        its.reasonsToSend -= 1;
        its.deliveries += 1;
        if (its.reasonsToSend < 0) fail(`${offset} is sent again for no reason`);
        const most = mostDeliveries(rules, partitions, its.deliveries - its.invocations - 1);
        if (its.deliveries > most) fail(`${offset} is sent ${its.deliveries} times, ${most} at most`);
      }
      const first = records[0]?.offset ?? 0;
      for (const [offset, { fate, deliveries }] of lives) {
        if (offset < first && fate === 'outstanding' && deliveries > 0) fail(`${first} overtakes ${offset}`);
      }
    },
    ended(records, again, result) {
      for (const record of records) {
        // The assignment is over: whoever owns the partition now reads the record again.
        if (record.epoch !== epoch) continue;
        const its = life(record.offset);
        if (result !== 'not invoked') {
          its.invocations += 1;
          its.lastResult = result;
        }
        if (again.includes(record)) its.reasonsToSend += 1;
        else its.fate = 'handled';
      }
    },
    givingUp({ reason, invocations, lastResult }, records, now) {
      ours(records);
      for (const record of records) {
        const { offset } = record;
        touch(record);
        const its = life(offset);
        if (its.fate !== 'outstanding') fail(`${offset} is given up although it is ${its.fate}`);
        its.fate = 'giving up';
        if (its.invocations !== invocations) fail(`${offset} was invoked ${its.invocations} times`);
        if (its.lastResult !== lastResult && its.lastResult?.requestId !== lastResult?.requestId)
          fail(`${offset} is given up with another result than its last`);
        const { maximumRetryAttempts: most } = rules;
        const isDue =
          reason === 'record-too-old'
            ? isTooOld(record, now)
            : reason === 'payload-too-large'
              ? isTooLarge(record)
              : most !== 'infinite' && invocations > most;
        if (!isDue) fail(`${offset} is given up as ${reason} after ${invocations} invocations`);
      }
    },
    gaveUp(records) {
      for (const record of records) if (record.epoch === epoch) life(record.offset).fate = 'given up';
    },
    committed(poller, last) {
      if (owner !== poller) fail('it is committed by a poller that lost it');
      ours([last]);
      if (last.offset < committed) fail(`${last.offset} is committed again`);
      for (let offset = committed; offset <= last.offset; offset += 1) {
        const { fate } = life(offset);
        if (fate !== 'handled' && fate !== 'given up') fail(`${offset} is committed while it is ${fate}`);
      }
      committed = last.offset + 1;
    },
    complete() {
      if (committed !== log.length) fail(`it stops at ${committed} of ${log.length}`);
    },
  };
}
