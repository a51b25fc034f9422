import {
  type DeliveryEvent,
  type step,
  wakeAt,
} from '../../../../../local/event-sources/delivery/machine.ts';
import {
  type Batch,
  type DeliveryAction,
  deliveryState,
  type GiveUp,
  type PartitionKey,
  type Slice,
} from '../../../../../local/event-sources/delivery/state.ts';
import type { Verdict } from '../../../../../local/event-sources/delivery/verdict.ts';
import { type Book, openBook, type TestRecord } from './book.ts';
import { type Ending, POLLERS, type Schedule } from './schedule.ts';

/**
 * Plays a schedule against a delivery machine and checks after every step what may never happen; then lets all go well
 * and checks that nothing is left behind. Throws with what went wrong.
 */
export function play(machine: typeof step, schedule: Schedule): void {
  const { rules } = schedule;
  const state = deliveryState<TestRecord>(rules);
  const books = new Map<PartitionKey, Book>();
  for (let p = 0; p < schedule.partitions; p += 1)
    books.set(`t-${p}`, openBook(`t-${p}`, rules, schedule.partitions));
  const running: Batch<TestRecord>[] = [];
  const leaving: GiveUp<TestRecord>[] = [];
  let now = 0;
  let requests = 0;

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
    switch (action.type) {
      case 'commit':
        book(action.partition).committed(action.poller, action.last);
        break;
      case 'deliver':
        checkBatch(action.batch);
        break;
      case 'give-up':
        leaving.push(action.giveUp);
        checkSize(action.giveUp.slices);
        for (const slice of action.giveUp.slices)
          book(slice.partition).givingUp(action.giveUp, slice.records, now);
        break;
    }
  }

  function checkSize(slices: readonly Slice<TestRecord>[]): void {
    const size = slices.reduce((sum, { records }) => sum + records.length, 0);
    if (slices.some(({ records }) => records.length === 0)) throw new Error('a slice of nothing');
    if (size === 0 || size > rules.batchSize) throw new Error(`${size} records at once`);
  }

  function checkBatch(batch: Batch<TestRecord>): void {
    const { maxBytes, sliceBytes, maxInFlight } = rules;
    const records = batch.slices.flatMap((slice) => slice.records);
    const bytes = records.reduce((sum, r) => sum + r.bytes, 0) + batch.slices.length * sliceBytes;
    checkSize(batch.slices);
    if (bytes > maxBytes) throw new Error(`a batch of ${bytes} bytes`);
    if (running.filter((other) => other.poller === batch.poller).length >= maxInFlight) {
      throw new Error(`poller ${batch.poller} has too many in flight`);
    }
    for (const slice of batch.slices) {
      if (running.some((other) => other.slices.some(({ partition }) => partition === slice.partition))) {
        throw new Error(`two batches of ${slice.partition} are in flight`);
      }
      book(slice.partition).sent(slice.records, now);
    }
    running.push(batch);
  }

  function end(batch: Batch<TestRecord>, how: Ending, named: number): void {
    running.splice(running.indexOf(batch), 1);
    const requestId = `r${requests++}`;
    const failed = new Map(
      batch.slices.map(({ partition, records }) => [
        partition,
        new Set([...records.keys()].filter((index) => (named >> (index % 8)) & 1)),
      ]),
    );
    for (const slice of batch.slices) {
      const result = how === 'throttled' ? 'not invoked' : { requestId, functionError: how === 'failed' };
      book(slice.partition).ended(
        slice.records,
        comingAgain(slice, how, failed.get(slice.partition) ?? new Set()),
        result,
      );
    }
    take({ type: 'delivered', batchId: batch.id, verdict: verdictOf(how, requestId, failed) });
  }

  function comingAgain(
    { records }: Slice<TestRecord>,
    how: Ending,
    failed: ReadonlySet<number>,
  ): readonly TestRecord[] {
    if (how === 'handled') return [];
    if (how !== 'partial') return records;
    const lowest = Math.min(...failed);
    return records.filter((_, index) =>
      rules.partialResponse === 'selective' ? failed.has(index) : index >= lowest,
    );
  }

  function gaveUp(giveUp: GiveUp<TestRecord>): void {
    leaving.splice(leaving.indexOf(giveUp), 1);
    for (const slice of giveUp.slices) book(slice.partition).gaveUp(slice.records);
    take({ type: 'gave-up', id: giveUp.id });
  }

  function fetched({ key, owner }: Book, records: readonly TestRecord[]): void {
    take({ type: 'fetched', poller: owner, partition: key, records });
  }

  function assignAll(owners: readonly number[], rejoined: boolean): void {
    [...books.values()].forEach((one, p) => {
      const owner = owners[p] ?? 0;
      if (owner !== one.owner || rejoined) one.assign(owner);
    });
    for (let poller = 0; poller < POLLERS; poller += 1) {
      const partitions = [...books].filter(([, one]) => one.owner === poller).map(([key]) => key);
      take({ type: 'assigned', poller, partitions, rejoined });
    }
  }

  assignAll([0, 0, 0, 0], true);
  for (const move of schedule.moves) {
    switch (move.do) {
      case 'fetch': {
        const one = book(`t-${move.partition % schedule.partitions}`);
        fetched(one, one.fetch(move.count, now));
        break;
      }
      case 'rebalance':
        assignAll(move.owners, move.rejoined);
        break;
      case 'wait':
        now += move.ms;
        take({ type: 'woken' });
        break;
      case 'end': {
        const batch = running[move.which % Math.max(1, running.length)];
        if (batch !== undefined) end(batch, move.how, move.named);
        break;
      }
      case 'gave up': {
        const giveUp = leaving[move.which % Math.max(1, leaving.length)];
        if (giveUp !== undefined) gaveUp(giveUp);
        break;
      }
    }
  }

  // From here on all goes well: whatever was written is handled or given up, and committed.
  for (const one of books.values()) fetched(one, one.fetchRest(now));
  for (let turns = 0; ; turns += 1) {
    if (turns === 1_000) throw new Error('it never comes to rest');
    const [batch] = running;
    const [giveUp] = leaving;
    const due = wakeAt(state);
    if (batch !== undefined) end(batch, 'handled', 0);
    else if (giveUp !== undefined) gaveUp(giveUp);
    else if (due !== undefined) {
      now = due;
      take({ type: 'woken' });
    } else break;
  }
  for (const one of books.values()) one.complete();
}

function verdictOf(
  how: Ending,
  requestId: string,
  failed: ReadonlyMap<PartitionKey, ReadonlySet<number>>,
): Verdict {
  switch (how) {
    case 'handled':
      return { kind: 'handled' };
    case 'failed':
      return { kind: 'failed', cause: 'function-error', requestId };
    case 'throttled':
      return { kind: 'not-invoked', cause: 'throttled' };
    case 'partial':
      return { kind: 'partial', failed, requestId };
  }
}
