import { expect, it } from 'vitest';
import { CONTENDERS } from '../../../../bench/relay/contract.ts';
import { describeRelay, reportOf } from '../../../../bench/relay/report.ts';

/** Two rounds of each contender on one engine, with so many events a second. */
function figures(rates: Readonly<Record<(typeof CONTENDERS)[number], readonly number[]>>) {
  const results = CONTENDERS.map(
    (name) =>
      [name, rates[name].map((eventsPerSecond) => ({ eventsPerSecond, cpuMsPerEvent: 0.1 }))] as const,
  );
  return new Map([['MiniStack', new Map(results)]] as const);
}

it('compares the relay with the slower one of the two, and with both in turn, round by round', () => {
  const report = reportOf(
    figures({ relay: [800, 1_000], 'engine alone': [1_000, 4_000], 'bare producer': [4_000, 1_000] }),
  );
  expect(report.engines[0]?.ofTheSlower).toMatchObject({ lowest: 0.8, highest: 1 });
  expect(report.engines[0]?.ofBothInTurn).toMatchObject({ lowest: 1, highest: 1.25 });
  expect(describeRelay(report)).toMatch(/relay \/ the slower one +0\.80 \(0\.80–1\.00\)/);
});
