import { describe, expect, test } from 'vitest';
import { type Batch, type GiveUp, NOTHING_YET } from '../../../../../local/event-sources/delivery/state.ts';
import {
  count,
  countGivenUp,
  emptyTally,
  failureLine,
  giveUpLine,
} from '../../../../../local/event-sources/delivery/tally.ts';
import type { Verdict } from '../../../../../local/event-sources/delivery/verdict.ts';
import type { TestRecord } from './book.ts';

const records = (...offsets: number[]): TestRecord[] =>
  offsets.map((offset) => ({ offset, bytes: 1, timestamp: 0, epoch: 1 }));
const batch: Batch<TestRecord> = {
  ...NOTHING_YET,
  id: 1,
  poller: 0,
  slices: [
    { partition: 't-0', epoch: 1, records: records(1, 2, 3) },
    { partition: 't-1', epoch: 1, records: records(7) },
  ],
};
const partial: Verdict = { kind: 'partial', requestId: 'r', failed: new Map() };
const failed = { kind: 'failed', cause: 'function-error', requestId: 'r' } as const satisfies Verdict;

describe('a tally', () => {
  test('counts what was handled, and which batches were not handled as a whole', () => {
    const tally = emptyTally();
    count(tally, batch, { kind: 'handled' }, 0);
    count(tally, batch, partial, 3);
    expect(tally).toMatchObject({ delivered: 5, batches: 2, failedBatches: 1, lastProcessingResult: 'OK' });
    count(tally, batch, failed, 4);
    expect(tally).toMatchObject({
      delivered: 5,
      failedBatches: 2,
      lastProcessingResult: 'PROBLEM: Function call failed',
    });
  });

  test('counts what was given up by where it is', () => {
    const tally = emptyTally();
    countGivenUp(tally, batch, 'delivered');
    countGivenUp(tally, { slices: batch.slices.slice(1) }, 'dropped');
    expect(tally).toMatchObject({ delivered: 0, deadLettered: 4, dropped: 1 });
  });
});

test('a line about a failure tells how much of what failed, why, and how often already', () => {
  expect(failureLine('orders as email', { ...batch, attempt: 2 }, partial, 3)).toBe(
    'orders as email: 3 of 4 records of t-0, t-1 failed (batch item failures, attempt 3)',
  );
});

test('a line about a give-up names first and last record of each partition', () => {
  const giveUp: GiveUp<TestRecord> = {
    id: 1,
    reason: 'retries-exhausted',
    invocations: 3,
    lastResult: undefined,
    slices: batch.slices,
  };
  expect(giveUpLine('orders as email', giveUp, 'dropped', ({ offset }) => offset)).toBe(
    'orders as email: 4 records (t-0@1..3, t-1@7) given up after 3 invocations (retries-exhausted), dropped',
  );
});
