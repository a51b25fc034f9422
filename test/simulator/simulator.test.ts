import { randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import { FAULTS, type FaultKind, isFaultKind } from './faults.ts';
import { type Scenario, scenarioOf, worstOf } from './scenario.ts';
import { simulate, tellFailure, traceOf } from './simulate.ts';

const range = (first: number, count: number) => Array.from({ length: count }, (_, n) => first + n);

/** Fails with the first world in which something doesn't hold, and with everything that happened there. */
async function survive(scenarios: readonly Scenario[], flags = ''): Promise<ReadonlySet<FaultKind>> {
  const struck = new Set<FaultKind>();
  for (const scenario of scenarios) {
    const report = await simulate(scenario);
    for (const past of report.evidence.history.past) if (past.what === 'fault') struck.add(past.kind);
    if (report.violations.length === 0) continue;
    const lines: string[] = [];
    await tellFailure({ scenario, report }, flags, simulate, (line) => lines.push(line));
    throw new Error(lines.join('\n'));
  }
  return struck;
}

it('the same 40 worlds', async () => {
  await survive(range(1, 40).map(scenarioOf));
});

const first = randomInt(1, 1_000_000_000);
it(`20 worlds of chance, seeds ${first} to ${first + 19}`, async () => {
  await survive(range(first, 20).map(scenarioOf));
});

it('worlds in which everything goes wrong that can, and every kind of fault does', async () => {
  const struck = await survive(range(1, 16).map(worstOf), ' --worst');
  expect(Object.keys(FAULTS).filter((kind) => isFaultKind(kind) && !struck.has(kind))).toEqual([]);
});

it('a seed is one world, to the last line of what happens in it', async () => {
  for (const seed of range(1, 2)) {
    const [once, again] = [await simulate(scenarioOf(seed)), await simulate(scenarioOf(seed))];
    expect(traceOf(again)).toEqual(traceOf(once));
  }
  const [one, other] = [await simulate(scenarioOf(1)), await simulate(scenarioOf(2))];
  expect(traceOf(one)).not.toEqual(traceOf(other));
});
