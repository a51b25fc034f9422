import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change, LetterState } from '../../../../cli/dead-letters/transitions.ts';
import type { Holds } from '../../../support/in-memory-letters.ts';
import { type Chances, letterWorld } from './world.ts';

const chances: Chances = { runs: 4, kills: 2, givenUp: 2, reservationsOver: 2, lostAnswers: 1 };
const schedules = fc.array(fc.nat(59), { minLength: 8, maxLength: 40 });

/** What is wrong in the first world where something that is `wanted` is, with what happened in it. */
async function firstWrong(worlds: number, holds?: Holds, wanted = ''): Promise<string> {
  const property = fc.asyncProperty(schedules, async (schedule) => {
    const world = letterWorld(chances, holds);
    await world.run(schedule);
    await world.operatorReplays();
    if (world.wrong.some((what) => what.includes(wanted)))
      throw new Error([...world.wrong, ...world.happened].join('\n'));
  });
  const { errorInstance } = await fc.check(property, {
    numRuns: worlds,
    seed: 20260301,
    endOnFailure: false,
  });
  return errorInstance instanceof Error ? errorInstance.message : '';
}

describe('a letter, while runs are killed, answers get lost and its record is given up again', () => {
  it('is REPLAYED only by an invocation that began after it was given up last, and is never stuck', async () => {
    expect(await firstWrong(5_000)).toBe('');
  });

  type Part = keyof Change['expected'];
  const without =
    (...parts: readonly Part[]): Holds =>
    (found: LetterState, { expected }: Change) =>
      (['status', 'version', 'replays', 'runId'] as const).every(
        (part) => parts.includes(part) || found[part] === expected[part],
      );

  it.each([
    ['status', 'ends what it does not hold'],
    ['version', 'decides on what it has not seen'],
    ['replays', 'a replay is not counted'],
    ['runId', 'ends what it does not hold'],
  ] as const)('would be contended without the %s in the condition', async (part, wrong) => {
    expect(await firstWrong(5_000, without(part), wrong)).toContain(wrong);
  });

  it('would be lost without all that says who holds which version of it', async () => {
    const lost = 'says REPLAYED of a record that was given up since';
    expect(await firstWrong(5_000, without('status', 'version', 'runId'), lost)).toContain(lost);
  });
});
