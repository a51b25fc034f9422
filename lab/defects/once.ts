import type { Defect } from './all.ts';

export const once: readonly Defect[] = [
  {
    experiment: 'at-most-once',
    wrong: 'The consumer commits after the work.',
    settings: { commit: 'after' },
    breaks: ['the record that it died at is never handled', 'none is handled twice'],
  },
  {
    experiment: 'at-least-once',
    wrong: 'The consumer commits before the work.',
    settings: { commit: 'before' },
    breaks: ['none is lost', 'the record that it died at is handled twice'],
  },
];
