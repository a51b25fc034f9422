import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { step, wakeAt } from '../../../../../local/event-sources/delivery/machine.ts';
import {
  type Batch,
  deliveryState,
  RETRY_FOREVER,
} from '../../../../../local/event-sources/delivery/state.ts';
import { play, schedules, type TestRecord } from './schedule.ts';

const records = (from: number, to: number): TestRecord[] =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ offset: from + i, bytes: 10, timestamp: 0 }));

function machine(rules: { batchSize?: number; windowMs?: number } = {}) {
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

const contents = (batch: Batch<TestRecord>) =>
  Object.fromEntries(batch.slices.map((slice) => [slice.partition, slice.records.map((r) => r.offset)]));
const sent = (actions: ReturnType<typeof step<TestRecord>>) =>
  actions.flatMap((action) => (action.type === 'deliver' ? [contents(action.batch)] : []));
const committed = (actions: ReturnType<typeof step<TestRecord>>) =>
  actions.flatMap((action) => (action.type === 'commit' ? [[action.partition, action.last.offset]] : []));

test('whatever is fetched, fails, waits and is rebalanced: nothing is lost, early, out of order or twice in flight', () => {
  fc.assert(
    fc.property(schedules, (schedule) => play(step, schedule)),
    { numRuns: 3_000 },
  );
});

describe('the property fails for a machine that', () => {
  const broken: Record<string, typeof step> = {
    'commits when it delivers': (state, event, now) =>
      step(state, event, now).flatMap((action): (typeof action)[] => {
        if (action.type !== 'deliver') return [action];
        const { poller, slices } = action.batch;
        const early = slices.flatMap(({ partition, records: slice }) => {
          const last = slice.at(-1);
          return last === undefined ? [] : [{ type: 'commit' as const, poller, partition, last }];
        });
        return [action, ...early];
      }),
    'takes a failure for a success': (state, event, now) =>
      step(state, event.type === 'delivered' ? { ...event, verdict: { kind: 'handled' } } : event, now),
    'redelivers from one record too late': (state, event, now) => {
      if (event.type !== 'delivered' || event.verdict.kind !== 'partial') return step(state, event, now);
      const late = new Map([...event.verdict.retryFrom].map(([partition, index]) => [partition, index + 1]));
      return step(state, { ...event, verdict: { kind: 'partial', retryFrom: late } }, now);
    },
    'does not hold the partitions of a batch in flight': (state, event, now) => {
      const actions = step(state, event, now);
      for (const partition of state.partitions.values()) partition.heldBy = undefined;
      return actions;
    },
    'forgets that a partition has a new owner': (state, event, now) => {
      const actions = step(state, event, now);
      for (const partition of state.partitions.values()) partition.epoch = 1;
      return actions;
    },
    'never comes back to a batch that waits': (state, event, now) => {
      const actions = step(state, event, now);
      for (const [id, held] of state.held) if (held.dueAt !== undefined) state.held.delete(id);
      return actions;
    },
  };
  test.each(Object.entries(broken))('%s', (_name, brokenStep) => {
    expect(
      fc.check(
        fc.property(schedules, (schedule) => play(brokenStep, schedule)),
        { numRuns: 500 },
      ).failed,
    ).toBe(true);
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
  expect(
    sent(take({ type: 'delivered', batchId: 1, verdict: { kind: 'failed', cause: 'throttled' } }, 10)),
  ).toEqual([]);
  expect(wakeAt(state)).toBe(110);
  expect(sent(fetched('t-0', 2, 3, 20))).toEqual([]);
  expect(sent(fetched('t-1', 0, 0, 20))).toEqual([{ 't-1': [0] }]);
  expect(sent(take({ type: 'woken' }, 110))).toEqual([{ 't-0': [0, 1] }]);
});

test('a partial failure commits what lies before it and redelivers from it, each partition by itself', () => {
  const { fetched, take } = machine({ windowMs: 1 });
  fetched('t-0', 0, 3);
  fetched('t-1', 7, 9);
  expect(sent(take({ type: 'woken' }, 1))).toEqual([{ 't-0': [0, 1, 2, 3], 't-1': [7, 8, 9] }]);
  const retryFrom = new Map([['t-0', 2]]);
  const actions = take({ type: 'delivered', batchId: 1, verdict: { kind: 'partial', retryFrom } }, 10);
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

test('a record larger than an event may be goes alone', () => {
  const { take } = machine();
  const large = { offset: 1, bytes: 20_000, timestamp: 0 };
  const actions = take(
    {
      type: 'fetched',
      poller: 0,
      partition: 't-0',
      records: [...records(0, 0), large, ...records(2, 2)],
    },
    0,
  );
  expect(sent(actions)).toEqual([{ 't-0': [0] }]);
  expect(sent(take({ type: 'delivered', batchId: 1, verdict: { kind: 'handled' } }, 1))).toEqual([
    { 't-0': [1] },
  ]);
});
