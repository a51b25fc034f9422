import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { step, wakeAt } from '../../../../../local/event-sources/delivery/machine.ts';
import {
  type DeliveryRules,
  deliveryState,
  type Slice,
} from '../../../../../local/event-sources/delivery/state.ts';
import type { Verdict } from '../../../../../local/event-sources/delivery/verdict.ts';
import type { TestRecord } from './book.ts';
import { mutants } from './mutants.ts';
import { play } from './play.ts';
import { patience, RETRY_FOREVER, schedules } from './schedule.ts';

const records = (from: number, to: number): TestRecord[] =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ offset: from + i, bytes: 10, timestamp: 0, epoch: 1 }));

const failed = { kind: 'failed', cause: 'function-error', requestId: 'r' } as const satisfies Verdict;
const throttled: Verdict = { kind: 'not-invoked', cause: 'throttled' };
const partial = (named: Record<string, number[]>): Verdict => ({
  kind: 'partial',
  requestId: 'r',
  failed: new Map(Object.entries(named).map(([partition, indexes]) => [partition, new Set(indexes)])),
});

function machine(rules: Partial<DeliveryRules> = {}) {
  const state = deliveryState<TestRecord>({
    batchSize: 10,
    windowMs: 0,
    maxBytes: 10_000,
    sliceBytes: 5,
    maxInFlight: 5,
    backOffMs: () => 100,
    ...RETRY_FOREVER,
    ...rules,
  });
  const take = (event: Parameters<typeof step<TestRecord>>[1], now: number) => step(state, event, now);
  take({ type: 'assigned', poller: 0, partitions: ['t-0', 't-1'], rejoined: true }, 0);
  const fetched = (partition: string, from: number, to: number, now = 0) =>
    take({ type: 'fetched', poller: 0, partition, records: records(from, to) }, now);
  return { state, take, fetched };
}

const contents = ({ slices }: { readonly slices: readonly Slice<TestRecord>[] }) =>
  Object.fromEntries(slices.map((slice) => [slice.partition, slice.records.map((r) => r.offset)]));
const sent = (actions: ReturnType<typeof step<TestRecord>>) =>
  actions.flatMap((action) => (action.type === 'deliver' ? [contents(action.batch)] : []));
const givenUp = (actions: ReturnType<typeof step<TestRecord>>) =>
  actions.flatMap((action) =>
    action.type === 'give-up' ? [[action.giveUp.reason, contents(action.giveUp)]] : [],
  );
const committed = (actions: ReturnType<typeof step<TestRecord>>) =>
  actions.flatMap((action) => (action.type === 'commit' ? [[action.partition, action.last.offset]] : []));

describe.each(['checkpoint', 'selective'] as const)('with %s responses', patience, (partialResponse) => {
  const holds = (machine: typeof step) =>
    fc.property(schedules(partialResponse), (schedule) => play(machine, schedule));

  test('whatever is fetched, fails, waits, is given up and rebalanced: nothing is lost, early, out of order or sent too often', () => {
    fc.assert(holds(step), { numRuns: 3_000 });
  });

  test.each(Object.entries(mutants))('the property fails for a machine that %s', (_name, mutant) => {
    expect(fc.check(holds(mutant), { numRuns: 1_000, endOnFailure: true }).failed).toBe(true);
  });
});

test('a batch mixes the partitions of a poller, longest waiting first', () => {
  const { fetched, take } = machine({ windowMs: 500 });
  expect(sent(fetched('t-1', 0, 1, 0))).toEqual([]);
  expect(sent(fetched('t-0', 5, 5, 100))).toEqual([]);
  expect(sent(take({ type: 'woken' }, 499))).toEqual([]);
  expect(sent(take({ type: 'woken' }, 500))).toEqual([{ 't-1': [0, 1], 't-0': [5] }]);
});

test('a full batch does not wait for the window', () => {
  const { fetched, state } = machine({ windowMs: 500, batchSize: 3 });
  expect(sent(fetched('t-0', 0, 4))).toEqual([{ 't-0': [0, 1, 2] }]);
  expect(wakeAt(state)).toBeUndefined();
});

test('the wake-up time is the end of the first window', () => {
  const { fetched, state } = machine({ windowMs: 500 });
  fetched('t-0', 0, 0, 40);
  fetched('t-1', 0, 0, 90);
  expect(wakeAt(state)).toBe(540);
});

test('a failed batch comes again as it was, after its back-off, and holds only its own partitions', () => {
  const { fetched, take, state } = machine();
  fetched('t-0', 0, 1);
  expect(sent(take({ type: 'delivered', batchId: 1, verdict: throttled }, 10))).toEqual([]);
  expect(wakeAt(state)).toBe(110);
  expect(sent(fetched('t-0', 2, 3, 20))).toEqual([]);
  expect(sent(fetched('t-1', 0, 0, 20))).toEqual([{ 't-1': [0] }]);
  expect(sent(take({ type: 'woken' }, 110))).toEqual([{ 't-0': [0, 1] }]);
});

test('each attempt that came to nothing makes the next one wait longer, a split does not', () => {
  const { fetched, take, state } = machine({ bisect: true, backOffMs: (attempt) => 100 * attempt });
  fetched('t-0', 0, 1);
  take({ type: 'delivered', batchId: 1, verdict: failed }, 0);
  expect(wakeAt(state)).toBe(100);
  take({ type: 'woken' }, 100);
  take({ type: 'delivered', batchId: 2, verdict: throttled }, 100);
  expect(wakeAt(state)).toBe(200);
  take({ type: 'woken' }, 200);
  take({ type: 'delivered', batchId: 4, verdict: failed }, 200);
  expect(wakeAt(state)).toBe(400);
  take({ type: 'woken' }, 400);
  take({ type: 'delivered', batchId: 5, verdict: failed }, 400);
  expect(wakeAt(state)).toBe(700);
});

test('a partial failure commits what lies before it and redelivers from it, each partition by itself', () => {
  const { fetched, take } = machine({ windowMs: 1 });
  fetched('t-0', 0, 3);
  fetched('t-1', 7, 9);
  expect(sent(take({ type: 'woken' }, 1))).toEqual([{ 't-0': [0, 1, 2, 3], 't-1': [7, 8, 9] }]);
  const actions = take({ type: 'delivered', batchId: 1, verdict: partial({ 't-0': [3, 2] }) }, 10);
  expect(committed(actions)).toEqual([
    ['t-0', 1],
    ['t-1', 9],
  ]);
  fetched('t-0', 4, 4, 20);
  expect(sent(take({ type: 'woken' }, 110))).toEqual([{ 't-0': [2, 3] }]);
});

test('a batch whose partition was lost is not committed, and keeps the partition until it ends', () => {
  const { fetched, take } = machine();
  fetched('t-0', 0, 1);
  take({ type: 'assigned', poller: 0, partitions: ['t-1'], rejoined: false }, 5);
  take({ type: 'assigned', poller: 1, partitions: ['t-0'], rejoined: false }, 5);
  expect(sent(take({ type: 'fetched', poller: 1, partition: 't-0', records: records(0, 1) }, 6))).toEqual([]);
  const actions = take({ type: 'delivered', batchId: 1, verdict: { kind: 'handled' } }, 7);
  expect(committed(actions)).toEqual([]);
  expect(sent(actions)).toEqual([{ 't-0': [0, 1] }]);
});

test('a partition that is kept in a rebalance goes on', () => {
  const { fetched, take } = machine();
  fetched('t-0', 0, 1);
  take({ type: 'assigned', poller: 0, partitions: ['t-0'], rejoined: false }, 5);
  expect(committed(take({ type: 'delivered', batchId: 1, verdict: { kind: 'handled' } }, 7))).toEqual([
    ['t-0', 1],
  ]);
});

test('once stopping, nothing is sent, but what is handled is committed', () => {
  const { fetched, take, state } = machine({ batchSize: 1 });
  fetched('t-0', 0, 5);
  take({ type: 'stopping' }, 1);
  const actions = take({ type: 'delivered', batchId: 1, verdict: { kind: 'handled' } }, 2);
  expect(sent(actions)).toEqual([]);
  expect(committed(actions)).toEqual([['t-0', 0]]);
  expect(wakeAt(state)).toBeUndefined();
});

test('a batch is full when the next record does not fit, even if one further back would', () => {
  const { fetched, take } = machine({ maxBytes: 100, windowMs: 1 });
  const partitions = ['t-0', 't-1', 't-2'];
  take({ type: 'assigned', poller: 0, partitions, rejoined: false }, 0);
  for (const partition of partitions) fetched(partition, 0, 0);
  take({ type: 'woken' }, 1);
  const large = records(1, 1).map((record) => ({ ...record, bytes: 60 }));
  for (const partition of ['t-0', 't-1']) take({ type: 'fetched', poller: 0, partition, records: large }, 1);
  fetched('t-2', 1, 1, 1);
  expect(sent(take({ type: 'delivered', batchId: 1, verdict: { kind: 'handled' } }, 2))).toEqual([
    { 't-0': [1] },
    { 't-1': [1], 't-2': [1] },
  ]);
});

describe('giving up', () => {
  test('comes after the first attempt and the retries, counts no throttle, and commits when it is done', () => {
    const { fetched, take } = machine({ maximumRetryAttempts: 1 });
    fetched('t-0', 0, 1);
    take({ type: 'delivered', batchId: 1, verdict: throttled }, 0);
    take({ type: 'woken' }, 100);
    take({ type: 'delivered', batchId: 2, verdict: failed }, 100);
    expect(sent(take({ type: 'woken' }, 200))).toEqual([{ 't-0': [0, 1] }]);
    const actions = take({ type: 'delivered', batchId: 3, verdict: { ...failed, requestId: 'last' } }, 200);
    expect(actions).toEqual([
      {
        type: 'give-up',
        giveUp: expect.objectContaining({
          id: 4,
          reason: 'retries-exhausted',
          invocations: 2,
          lastResult: { requestId: 'last', functionError: true },
        }),
      },
    ]);
    expect(fetched('t-0', 2, 2)).toEqual([]);
    const done = take({ type: 'gave-up', id: 4 }, 210);
    expect(committed(done)).toEqual([['t-0', 1]]);
    expect(sent(done)).toEqual([{ 't-0': [2] }]);
  });

  test.each([
    ['a response that cannot be understood', { ...failed, cause: 'malformed-response' } as const],
    ['batch item failures', partial({ 't-0': [0] })],
  ])('tells %s from a function error', (_name, verdict) => {
    const { fetched, take } = machine({ maximumRetryAttempts: 0 });
    fetched('t-0', 0, 0);
    expect(take({ type: 'delivered', batchId: 1, verdict }, 0)).toMatchObject([
      { type: 'give-up', giveUp: { lastResult: { requestId: 'r', functionError: false } } },
    ]);
  });

  test('of one partition holds up no other', () => {
    const { fetched, take } = machine({ maximumRetryAttempts: 0, windowMs: 1 });
    fetched('t-0', 0, 1);
    fetched('t-1', 0, 1);
    take({ type: 'woken' }, 1);
    const actions = take({ type: 'delivered', batchId: 1, verdict: partial({ 't-0': [1] }) }, 1);
    expect(givenUp(actions)).toEqual([['retries-exhausted', { 't-0': [1] }]]);
    expect(committed(actions)).toEqual([
      ['t-0', 0],
      ['t-1', 1],
    ]);
    fetched('t-1', 2, 2);
    expect(sent(take({ type: 'woken' }, 2))).toEqual([{ 't-1': [2] }]);
  });

  test('of what is too old spares the rest of the batch, which does not wait for it', () => {
    const { take } = machine({ maximumRecordAgeMs: 1_000 });
    const young = records(1, 1).map((record) => ({ ...record, timestamp: 900 }));
    const all = [...records(0, 0), ...young, ...records(2, 2)];
    take({ type: 'fetched', poller: 0, partition: 't-0', records: all }, 950);
    take({ type: 'delivered', batchId: 1, verdict: failed }, 990);
    const actions = take({ type: 'woken' }, 1_090);
    expect(givenUp(actions)).toEqual([['record-too-old', { 't-0': [0, 2] }]]);
    expect(sent(actions)).toEqual([{ 't-0': [1] }]);
    expect(committed(take({ type: 'gave-up', id: 4 }, 1_100))).toEqual([['t-0', 0]]);
    expect(committed(take({ type: 'delivered', batchId: 3, verdict: { kind: 'handled' } }, 1_100))).toEqual([
      ['t-0', 2],
    ]);
  });

  test('what is too old or too large on arrival is never delivered', () => {
    const { take } = machine({ maximumRecordAgeMs: 1_000 });
    const now = 2_000;
    const young = records(0, 3).map((record) => ({ ...record, timestamp: now }));
    const [first, second, ...others] = young;
    if (first === undefined || second === undefined) throw new Error('four records');
    const large = { ...second, bytes: 9_996 };
    const old = records(4, 5);
    const actions = take(
      { type: 'fetched', poller: 0, partition: 't-0', records: [first, large, ...others, ...old] },
      now,
    );
    expect(sent(actions)).toEqual([{ 't-0': [0] }]);
    const next = take({ type: 'delivered', batchId: 1, verdict: { kind: 'handled' } }, now);
    expect(givenUp(next)).toEqual([['payload-too-large', { 't-0': [1] }]]);
    const then = take({ type: 'gave-up', id: 2 }, now);
    expect(sent(then)).toEqual([{ 't-0': [2, 3] }]);
    const last = take({ type: 'delivered', batchId: 3, verdict: { kind: 'handled' } }, now);
    expect(givenUp(last)).toEqual([['record-too-old', { 't-0': [4, 5] }]]);
    expect(committed(take({ type: 'gave-up', id: 4 }, now))).toEqual([['t-0', 5]]);
  });

  test('of a partition that is lost meanwhile commits nothing', () => {
    const { fetched, take } = machine({ maximumRetryAttempts: 0 });
    fetched('t-0', 0, 1);
    take({ type: 'delivered', batchId: 1, verdict: failed }, 0);
    take({ type: 'assigned', poller: 0, partitions: ['t-1'], rejoined: false }, 5);
    expect(take({ type: 'gave-up', id: 2 }, 6)).toEqual([]);
  });
});

describe('bisect', () => {
  test('sends the halves one after the other where they share a partition, and uses up no retry', () => {
    const { fetched, take } = machine({ bisect: true, maximumRetryAttempts: 0 });
    fetched('t-0', 0, 4);
    expect(take({ type: 'delivered', batchId: 1, verdict: failed }, 0)).toEqual([]);
    expect(sent(take({ type: 'woken' }, 100))).toEqual([{ 't-0': [0, 1, 2] }]);
    const actions = take({ type: 'delivered', batchId: 2, verdict: { kind: 'handled' } }, 110);
    expect(committed(actions)).toEqual([['t-0', 2]]);
    expect(sent(actions)).toEqual([{ 't-0': [3, 4] }]);
    take({ type: 'delivered', batchId: 3, verdict: failed }, 120);
    expect(sent(take({ type: 'woken' }, 220))).toEqual([{ 't-0': [3] }]);
    expect(givenUp(take({ type: 'delivered', batchId: 4, verdict: failed }, 220))).toEqual([
      ['retries-exhausted', { 't-0': [3] }],
    ]);
  });

  test('splits between partitions first, near the middle, and sends both halves at the same time', () => {
    const { fetched, take } = machine({ bisect: true, windowMs: 1 });
    take({ type: 'assigned', poller: 0, partitions: ['t-0', 't-1', 't-2'], rejoined: false }, 0);
    fetched('t-0', 0, 0);
    fetched('t-1', 0, 4);
    fetched('t-2', 0, 2);
    take({ type: 'woken' }, 1);
    take({ type: 'delivered', batchId: 1, verdict: failed }, 1);
    expect(sent(take({ type: 'woken' }, 101))).toEqual([
      { 't-0': [0], 't-1': [0, 1, 2, 3, 4] },
      { 't-2': [0, 1, 2] },
    ]);
  });

  test('retries a record that is alone as often as any, and goes on behind it while it is given up', () => {
    const { fetched, take } = machine({ bisect: true, maximumRetryAttempts: 1 });
    fetched('t-0', 0, 1);
    take({ type: 'delivered', batchId: 1, verdict: failed }, 0);
    take({ type: 'woken' }, 100);
    expect(givenUp(take({ type: 'delivered', batchId: 2, verdict: failed }, 100))).toEqual([]);
    expect(sent(take({ type: 'woken' }, 200))).toEqual([{ 't-0': [0] }]);
    const actions = take({ type: 'delivered', batchId: 4, verdict: failed }, 200);
    expect(givenUp(actions)).toEqual([['retries-exhausted', { 't-0': [0] }]]);
    expect(sent(actions)).toEqual([{ 't-0': [1] }]);
  });
});

test('selective responses bring exactly the named records again, and commit nothing past them before', () => {
  const { fetched, take } = machine({ partialResponse: 'selective' });
  fetched('t-0', 0, 6);
  const actions = take({ type: 'delivered', batchId: 1, verdict: partial({ 't-0': [5, 2] }) }, 0);
  expect(committed(actions)).toEqual([['t-0', 1]]);
  expect(sent(take({ type: 'woken' }, 100))).toEqual([{ 't-0': [2, 5] }]);
  expect(committed(take({ type: 'delivered', batchId: 2, verdict: partial({ 't-0': [1] }) }, 110))).toEqual([
    ['t-0', 4],
  ]);
  expect(sent(take({ type: 'woken' }, 400))).toEqual([{ 't-0': [5] }]);
  expect(committed(take({ type: 'delivered', batchId: 3, verdict: { kind: 'handled' } }, 410))).toEqual([
    ['t-0', 6],
  ]);
});
