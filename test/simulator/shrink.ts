import type { Scenario } from './scenario.ts';
import type { Report } from './simulate.ts';

/** A world in which something doesn't hold, and how it was made. */
export interface Failure {
  readonly scenario: Scenario;
  readonly report: Report;
}

/**
 * Leaves out of a scenario whatever it can do without and still break the same invariant: faults, outages, and what else
 * is done. What is left is mostly what it takes.
 */
export async function shrink(
  failure: Failure,
  simulate: (scenario: Scenario) => Promise<Report>,
): Promise<Failure> {
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
