import { describe, expect, it } from 'vitest';
import { KNOWN_DEFECTS } from './defects/known.ts';
import { scenarioOf } from './scenario.ts';
import { simulate } from './simulate.ts';

/** Most are found out within ten. */
const WITHIN = 300;

describe('a world in which', () => {
  it.each(KNOWN_DEFECTS)('$name breaks $breaks', async ({ breaks, defect, among }) => {
    for (let seed = 1; seed <= WITHIN; seed += 1) {
      const { violations } = await simulate({ ...scenarioOf(seed), ...among }, defect);
      if (violations.some(({ id }) => id === breaks)) return;
    }
    expect.fail(`nothing was found in ${WITHIN} worlds`);
  });
});
