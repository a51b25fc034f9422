import { expect, test } from 'vitest';
import { percentile, spread } from '../../../bench/statistics.ts';

test('a spread is the median and the two ends, whatever the order', () => {
  expect(spread([9, 1, 5])).toEqual({ median: 5, lowest: 1, highest: 9 });
  expect(spread([7])).toEqual({ median: 7, lowest: 7, highest: 7 });
  expect(() => spread([])).toThrow(RangeError);
});

test('a percentile is the value at the nearest rank', () => {
  const values = Array.from({ length: 20 }, (_, n) => n + 1);
  expect([0, 5, 50, 95, 96, 100].map((percent) => percentile(values, percent))).toEqual([
    1, 1, 10, 19, 20, 20,
  ]);
});
