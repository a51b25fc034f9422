import { experiment } from '../experiment.ts';
import { crashBetween } from './at-most-once.ts';

export const atLeastOnce = experiment({
  name: 'at-least-once',
  page: 'once',
  cluster: 'one broker',
  question: 'What if a consumer commits after its work, and dies between the two?',
  guess: { ask: 'How many of 10 records will be handled twice?', answer: 'handled twice' },
  settings: {
    commit: { default: 'after', says: 'before the work, or after it', among: ['before', 'after'] },
  },
  run: (lab, { commit }) => crashBetween(lab, commit),
  checks: [
    { says: 'none is lost', holds: (seen) => seen['never handled'] === 0 },
    // One, and on a busy machine at times more: a member whose heartbeats are late loses its partition, and what it was at.
    { says: 'the record that it died at is handled twice', holds: (seen) => seen['handled twice'] >= 1 },
  ],
  takeAway: 'Who commits after the work loses nothing, and does some of it twice.',
  why:
    'B begins at the last committed offset, and the work that A had done lay behind it. Two things can never be done at once in two places, ' +
    'here an effect and an offset; so one of the two orders it is, and this is the one that loses nothing. ' +
    'Lambda works like this too: it commits after the batch, so that a batch that fails comes again as a whole.',
  inProduction: [
    {
      path: 'docs/idempotent-effects.md',
      says: 'how an effect is made that may be asked for twice and happens once',
    },
  ],
});
