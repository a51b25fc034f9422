import { describe, expect, it } from 'vitest';
import { experiment } from '../../../lab/experiment.ts';
import { valuesOf } from '../../../lab/run.ts';

const ofEggs = experiment({
  name: 'eggs',
  page: 'log',
  cluster: 'one broker',
  question: 'How long?',
  guess: { ask: 'Minutes?', answer: 'minutes' },
  settings: {
    minutes: { default: 5, says: 'in boiling water' },
    yolk: { default: 'soft', says: 'when it is opened', among: ['soft', 'hard'] },
  },
  run: async (_, { minutes }) => ({ minutes }),
  checks: [{ says: 'it is an egg', holds: () => true }],
  takeAway: 'Five minutes.',
  why: 'It sets.',
  inProduction: [],
});

describe("an experiment's settings", () => {
  it('are its defaults, but for what is given', () => {
    expect(valuesOf(ofEggs, {})).toEqual({ minutes: 5, yolk: 'soft' });
    expect(valuesOf(ofEggs, { minutes: '7', yolk: 'hard' })).toEqual({ minutes: 7, yolk: 'hard' });
  });

  it.each([
    ['a name that it does not have', { salt: '1' }],
    ['a text for a number', { minutes: 'long' }],
    ['a value that it does not know', { yolk: 'blue' }],
  ])('are refused by what there is: %s', (_, given) => {
    expect(() => valuesOf(ofEggs, given)).toThrow(
      expect.objectContaining({
        code: 'SETTING_INVALID',
        remedy: ['Its settings:', 'minutes=5: in boiling water', 'yolk=soft: when it is opened'],
      }),
    );
  });
});
