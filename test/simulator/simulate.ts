import { check, type Verdict } from '../checker/check.ts';
import type { Defect } from './defects/known.ts';
import { lineOf } from './history.ts';
import { type Evidence, observe } from './observe.ts';
import { type Scenario, START } from './scenario.ts';
import { live } from './world.ts';

/** A world that has come to rest, and what doesn't hold in it. */
export interface Report extends Verdict {
  readonly evidence: Evidence;
}

/** Lives through a scenario and checks what came of it: the same scenario, the same report. */
export async function simulate(scenario: Scenario, defect: Defect = {}): Promise<Report> {
  const evidence = await live(scenario, defect);
  return { evidence, ...check(observe(evidence)) };
}

/** A world in which something doesn't hold, and how it was made. */
export interface Failure {
  readonly scenario: Scenario;
  readonly report: Report;
}

/**
 * Leaves out of a scenario whatever it can do without and still break the same invariant: faults, outages, and what else
 * is done. What is left is mostly what it takes.
 */
async function shrink(failure: Failure, simulate: (scenario: Scenario) => Promise<Report>): Promise<Failure> {
  const broken = failure.report.violations[0]?.id;
  let smallest = failure;
  for (const leaveOut of omissions(failure.scenario)) {
    const scenario = leaveOut(smallest.scenario);
    const report = await simulate(scenario);
    if (report.violations.some(({ id }) => id === broken)) smallest = { scenario, report };
  }
  return smallest;
}

type Omission = (scenario: Scenario) => Scenario;

function omissions({ rates, shoppers }: Scenario): Omission[] {
  return [
    (scenario) => ({ ...scenario, foreignRecords: 0 }),
    (scenario) => ({ ...scenario, replays: 0 }),
    (scenario) => ({ ...scenario, deadly: [] }),
    (scenario) => ({ ...scenario, outages: [] }),
    (scenario) => ({ ...scenario, maxSkewMs: 0 }),
    ...[...rates.keys()].map(
      (kind): Omission =>
        (scenario) => ({
          ...scenario,
          rates: new Map([...scenario.rates].filter(([other]) => other !== kind)),
        }),
    ),
    ...Array.from(
      { length: shoppers - 1 },
      (): Omission => (scenario) => ({ ...scenario, shoppers: Math.max(1, scenario.shoppers - 1) }),
    ),
  ];
}

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
