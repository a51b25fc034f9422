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
  {
    experiment: 'idempotency',
    wrong: 'The status moves on instead of being set.',
    programs: { charge: 'charge-to-next-status.ts' },
    breaks: ['a status that is set twice is what it was'],
  },
  {
    experiment: 'idempotency',
    wrong: 'Whoever adds notes the order, too.',
    programs: { charge: 'charge-always-once.ts' },
    breaks: ['a sum that is added to twice is wrong'],
  },
  {
    experiment: 'idempotency',
    wrong: 'The order is noted in a request of its own, before the sum.',
    programs: { charge: 'charge-in-two-requests.ts' },
    breaks: ['with the order noted in the same transaction the sum is right'],
  },
  {
    experiment: 'exactly-once',
    wrong: 'Every producer is idempotent.',
    programs: { insist: 'insist-idempotent.ts' },
    breaks: ['a plain producer that gets no answer writes twice'],
  },
  {
    experiment: 'exactly-once',
    wrong: 'No producer is idempotent.',
    settings: { idempotent: 'no' },
    breaks: ['an idempotent one writes once'],
  },
  {
    experiment: 'exactly-once',
    wrong: 'A copy and its offset are written one after the other.',
    settings: { transaction: 'no' },
    breaks: ['read_committed finds each record once'],
  },
  {
    experiment: 'exactly-once',
    wrong: 'The effect has no condition.',
    programs: { charge: 'charge-without-condition.ts' },
    breaks: ['each order is charged once, by a row that is inserted if there is none'],
  },
];
