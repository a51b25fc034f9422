import { experiment } from '../experiment.ts';
import type { Lab } from '../lab.ts';

/** Of these, in the middle, a consumer dies. */
const RECORDS = 10;

/** A consumer dies between its work on a record and its commit, in whichever order it does them; another one takes its place. */
export async function crashBetween(lab: Lab, commit: string) {
  await lab.topic('orders', { partitions: 1 });
  lab.step(`${RECORDS} records are written`);
  await lab.client('produce', { topic: 'orders', count: RECORDS }).ended();

  const member = { topic: 'orders', group: 'shipping-service', commit, 'from-beginning': true } as const;
  lab.step(`A reads them, and dies in the middle of the ${RECORDS / 2}th`);
  await lab.client('consume', { ...member, name: 'A', 'crash-at': RECORDS / 2 }).ended();
  lab.step('B takes its place, as soon as the group has noticed that A says nothing any more');
  const { events, stop } = lab.client('consume', { ...member, name: 'B' });
  await lab.until('the last record handled, and its offset committed', () => {
    const handled = events.some((event) => event.type === 'fate' && isLast(event) && event.fate === 'done');
    return handled && events.some((event) => event.type === 'committed' && event.offset === RECORDS);
  });
  await stop();

  const handled = lab.events.filter((event) => event.type === 'fate' && event.fate === 'done');
  const times = Map.groupBy(handled, (event) => (event.type === 'fate' ? event.text : undefined));
  return {
    records: RECORDS,
    'never handled': RECORDS - times.size,
    'handled twice': [...times.values()].filter((each) => each.length > 1).length,
  };
}

const isLast = ({ offset }: { readonly offset: number }) => offset === RECORDS - 1;

export const atMostOnce = experiment({
  name: 'at-most-once',
  page: 'once',
  cluster: 'one broker',
  question: 'What if a consumer commits before it works, and dies between the two?',
  guess: { ask: `How many of ${RECORDS} records will never be handled?`, answer: 'never handled' },
  settings: {
    commit: { default: 'before', says: 'before the work, or after it', among: ['before', 'after'] },
  },
  run: (lab, { commit }) => crashBetween(lab, commit),
  checks: [
    {
      says: 'the record that it died at is never handled',
      holds: (seen) => seen['never handled'] === 1,
    },
    { says: 'none is handled twice', holds: (seen) => seen['handled twice'] === 0 },
  ],
  takeAway: 'Who commits before the work loses what was committed and not yet done, and does nothing twice.',
  why:
    "The committed offset is all that a group knows of its work. A's place is taken at that offset, and it lay behind the record already. " +
    'It is the acknowledgement at receipt of a queue: no visibility timeout brings the message back. ' +
    'The record is still on the log, but nobody of this group looks there again.',
  inProduction: [
    {
      path: 'functions/kafka/consume.ts',
      says: 'an invocation is over when each of its records has its effect or its letter; only then does Lambda commit',
    },
  ],
});
