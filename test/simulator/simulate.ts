import type { Violation } from '../support/invariants.ts';
import { check } from './checker/check.ts';
import { commitsPassNothing } from './checker/commits.ts';
import type { Defect } from './defect.ts';
import type { Evidence } from './evidence.ts';
import type { Scenario } from './scenario.ts';
import { live } from './world.ts';

/** A world that has come to rest, and what doesn't hold in it. */
export interface Report {
  readonly evidence: Evidence;
  readonly violations: readonly Violation[];
}

/** Lives through a scenario and checks what came of it: the same scenario, the same report. */
export async function simulate(scenario: Scenario, defect: Defect = {}): Promise<Report> {
  const passed: Violation[] = [];
  const evidence = await live(
    scenario,
    defect,
    commitsPassNothing((violation) => passed.push(violation)),
  );
  return { evidence, violations: [...passed, ...check(evidence)] };
}
