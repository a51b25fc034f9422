import { expect, test } from 'vitest';
import { backOffMs } from '../../../../../local/event-sources/delivery/settlement.ts';

test('doubles from 200 ms to a cap of 20 s', () => {
  const longest = [1, 2, 3, 7, 8, 5_000].map((attempt) => backOffMs(attempt, 1));
  expect(longest).toEqual([200, 400, 800, 12_800, 20_000, 20_000]);
});

test('can be told to wait less', () => {
  expect([1, 2, 3, 5_000].map((attempt) => backOffMs(attempt, 1, 500))).toEqual([200, 400, 500, 500]);
});

test('leaves half of each step to chance', () => {
  expect([backOffMs(3, 0), backOffMs(3, 0.5)]).toEqual([400, 600]);
});
