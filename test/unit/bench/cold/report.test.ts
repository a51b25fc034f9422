import { expect, test } from 'vitest';
import type { Bundle, Loaded } from '../../../../bench/cold/contract.ts';
import { describeCold, reportOf } from '../../../../bench/cold/report.ts';

const bundle = (name: string, bytes: number): Bundle => ({ name, bytes, path: name, environment: {} });
const starts = (...loadMs: readonly number[]): Loaded[] =>
  loadMs.map((ms) => ({ loadMs: ms, cpuMs: ms / 2 }));

const figures = new Map([
  [bundle('an empty handler', 100), starts(2, 2, 2)],
  [bundle('the plain SDK client', 331_000), starts(50, 100, 60)],
  [bundle('the usual stack, bundled as ours', 418_000), starts(100, 100, 240)],
  [bundle('shipping', 520_000), starts(100, 50, 120)],
]);

test('each bundle is compared round by round, since a machine has slow moments', () => {
  const { starts, bundles } = reportOf(figures);
  expect(starts).toBe(3);
  expect(bundles.at(-1)).toEqual({
    name: 'shipping',
    bytes: 520_000,
    loadMs: { median: 100, lowest: 50, highest: 120 },
    cpuMs: { median: 50, lowest: 25, highest: 60 },
    against: {
      client: { median: 2, lowest: 0.5, highest: 2 },
      usual: { median: 0.5, lowest: 0.5, highest: 1 },
    },
  });
});

test('the report names every bundle with its size and time', () => {
  const text = describeCold(reportOf(figures));
  expect(text).toContain('3 starts of each');
  expect(text).toMatch(/shipping +520 +100 \(50–120\)/);
});
