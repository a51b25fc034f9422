import { check } from './checker/check.ts';
import { commitsPassNothing } from './checker/commits.ts';
import type { Violation } from './checker/violation.ts';
import type { Defect } from './defect.ts';
import type { Evidence } from './evidence.ts';
import { scenarioOf } from './scenario.ts';
import { live } from './world.ts';

export interface Report {
  readonly evidence: Evidence;
  readonly violations: readonly Violation[];
}

/** Lives through the world of a seed and checks it: the same seed, the same report. */
export async function simulate(seed: number, defect: Defect = {}): Promise<Report> {
  const passed: Violation[] = [];
  const evidence = await live(
    scenarioOf(seed),
    defect,
    commitsPassNothing((violation) => passed.push(violation)),
  );
  return { evidence, violations: [...passed, ...check(evidence)] };
}
