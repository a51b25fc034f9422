import { check, type Verdict } from '../checker/check.ts';
import type { Defect } from './defect.ts';
import { type Evidence, observe } from './observe.ts';
import type { Scenario } from './scenario.ts';
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
