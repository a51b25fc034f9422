import { lineOf } from './history.ts';
import { type Scenario, START } from './scenario.ts';
import { type Failure, shrink } from './shrink.ts';
import type { Report } from './simulate.ts';

/** Everything that happened in a world, a line each; times are seconds from its beginning. */
export function traceOf({ evidence }: Report): string[] {
  return evidence.history.past.map((past) => lineOf(past, START));
}

/**
 * Tells of a world that failed: what doesn't hold, the least that it takes, what happened then, and the command that lives
 * through it once more, with its flags beside the seed.
 */
export async function tellFailure(
  failure: Failure,
  flags: string,
  simulate: (scenario: Scenario) => Promise<Report>,
  say: (line: string) => void,
): Promise<void> {
  const smallest = await shrink(failure, simulate);
  const { scenario, report } = smallest;
  say(`seed ${scenario.seed} fails:`);
  for (const { id, text } of failure.report.violations) say(`  ${id}: ${text}`);
  say('what it takes:');
  for (const line of describe(scenario)) say(`  ${line}`);
  say('what happened then:');
  for (const line of traceOf(report)) say(line);
  for (const { id, text } of report.violations) say(`  ${id}: ${text}`);
  say(`once more: npm run test:simulator -- --seed ${scenario.seed}${flags}`);
}

function describe(scenario: Scenario): string[] {
  const { rates, outages, deadly, seed: _seed, ...others } = scenario;
  return [
    Object.entries(others)
      .map(([name, value]) => `${name} ${value}`)
      .join(', '),
    ...[...rates].map(([kind, rate]) => `${kind}: ${(100 * rate).toFixed(1)} %`),
    ...outages.map(({ kind, from, to }) => `${kind} all the time from ${from / 1_000} s to ${to / 1_000} s`),
    ...deadly.map(({ shopper, group }) => `${group} dies of the order of shopper ${shopper}`),
  ];
}
