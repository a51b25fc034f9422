import { describe, expect, it } from 'vitest';
import { spareBadDeploy } from '../../../../functions/kafka/bad-deploy.ts';
import { DONE, deadLetter, type Outcome } from '../../../../functions/kafka/outcome.ts';

const unexpected = deadLetter('unexpected', { code: 'TypeError', detail: 'at x' });
const invalid = deadLetter('invalid', { code: 'RECORD_REJECTED', detail: 'data.total' });

function judged(...groups: readonly (readonly [count: number, outcome: Outcome])[]) {
  const outcomes = groups.flatMap(([count, outcome]) => Array.from({ length: count }, () => outcome));
  const after = [...spareBadDeploy(new Map(outcomes.map((outcome, index) => [index, outcome]))).values()];
  const letters = (reason: string) =>
    after.filter((outcome) => outcome.kind === 'dead-letter' && outcome.reason === reason).length;
  return {
    retries: after.filter(({ kind }) => kind === 'retry').length,
    unexpected: letters('unexpected'),
    invalid: letters('invalid'),
  };
}

describe('spareBadDeploy', () => {
  it.each([
    ['20 of 39', [20, unexpected], [19, DONE], { retries: 20, unexpected: 0 }],
    ['20 of 40, just half', [20, unexpected], [20, DONE], { retries: 0, unexpected: 20 }],
    ['19 of 19', [19, unexpected], [0, DONE], { retries: 0, unexpected: 19 }],
    ['51 of 100', [51, unexpected], [49, DONE], { retries: 51, unexpected: 0 }],
  ] as const)('%s', (_name, failing, others, expected) => {
    expect(judged(failing, others)).toMatchObject(expected);
  });

  it('does not count what breaks a rule, and does not spare it', () => {
    expect(judged([60, invalid], [19, unexpected])).toEqual({ retries: 0, unexpected: 19, invalid: 60 });
    expect(judged([10, invalid], [20, unexpected])).toEqual({ retries: 20, unexpected: 0, invalid: 10 });
  });

  it('says which exception it was', () => {
    const [outcome] = spareBadDeploy(
      new Map(Array.from({ length: 20 }, (_, key) => [key, unexpected])),
    ).values();
    expect(outcome).toEqual({ kind: 'retry', code: 'BAD_DEPLOY/TypeError' });
  });
});
