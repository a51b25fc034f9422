import { randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import { scenarioOf } from './scenario.ts';
import { simulate } from './simulate.ts';
import { tellFailure, traceOf } from './tell.ts';

/** Fails with the first world in which something doesn't hold, and everything that happened there. */
async function survive(seeds: Iterable<number>): Promise<void> {
  for (const seed of seeds) {
    const scenario = scenarioOf(seed);
    const report = await simulate(scenario);
    if (report.violations.length === 0) continue;
    const lines: string[] = [];
    await tellFailure({ scenario, report }, simulate, (line) => lines.push(line));
    throw new Error(lines.join('\n'));
  }
}

const range = (first: number, count: number) => Array.from({ length: count }, (_, n) => first + n);

it('the same 150 worlds', async () => {
  await survive(range(1, 150));
});

const first = randomInt(1, 1_000_000_000);
it(`50 worlds of seeds ${first} to ${first + 49}`, async () => {
  await survive(range(first, 50));
});

it('a seed is one world, to the last line', async () => {
  for (const seed of range(1, 5)) {
    const [once, again] = [await simulate(scenarioOf(seed)), await simulate(scenarioOf(seed))];
    expect(traceOf(again)).toEqual(traceOf(once));
  }
  const [one, other] = [await simulate(scenarioOf(1)), await simulate(scenarioOf(2))];
  expect(traceOf(one)).not.toEqual(traceOf(other));
});
