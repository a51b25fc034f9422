import { expect, it } from 'vitest';
import { fullJitter } from '../../../functions/backoff.ts';

it('doubles up to its cap, and waits anything below', () => {
  const backoff = { baseMs: 25, capMs: 150 };
  expect([1, 2, 3, 4].map((attempt) => fullJitter(backoff, attempt, () => 1))).toEqual([25, 50, 100, 150]);
  expect(fullJitter(backoff, 3, () => 0)).toBe(0);
});
