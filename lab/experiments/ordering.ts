import { handled, placeOf, told } from '../counts.ts';
import { experiment } from '../experiment.ts';

export const ordering = experiment({
  name: 'ordering',
  page: 'log',
  cluster: 'one broker',
  question: 'In which order are records read?',
  guess: {
    ask: 'One producer writes records, one after the other; one consumer reads them all. How many pairs of them does it read the wrong way round?',
    answer: 'pairs read the wrong way round',
  },
  settings: {
    records: { default: 16, says: 'how many are written' },
    orders: { default: 8, says: 'how many orders they tell of, by turns' },
    key: {
      default: 'order',
      among: ['order', 'none'],
      says: "the order's id is the record's key; none: records have no key",
    },
    partitions: { default: 3, says: 'of the topic; with 1 there is one order, and one reader at most' },
  },
  async run(lab, { records, orders, key, partitions }) {
    await lab.topic('orders', { partitions });
    lab.step(`${records} records are written, one after the other`);
    const producer = lab.client('produce', {
      topic: 'orders',
      count: records,
      keys: key === 'none' ? 0 : orders,
    });
    await producer.ended();

    lab.step('one consumer reads them all');
    const consumer = lab.client('consume', { topic: 'orders', group: 'readers', 'from-beginning': true });
    await lab.eventually(() => handled(consumer.events).length >= records, 30_000);
    await consumer.stop();

    const written = told(producer.events, 'appended');
    const turn = new Map(written.map((record, at) => [placeOf(record), at]));
    const read = handled(consumer.events).flatMap((record) => {
      const at = turn.get(placeOf(record));
      return at === undefined ? [] : [{ at, partition: record.partition, order: at % orders }];
    });
    const wrong = read.flatMap((late, position) =>
      read
        .slice(0, position)
        .filter((early) => early.at > late.at)
        .map((early) => ({ early, late })),
    );
    return {
      'records written': written.length,
      'records read': read.length,
      'as they were read': read.map(({ at }) => at + 1).join(' '),
      'pairs read the wrong way round': wrong.length,
      'of these, in one partition': wrong.filter(({ early, late }) => early.partition === late.partition)
        .length,
      'of these, of one order': wrong.filter(({ early, late }) => early.order === late.order).length,
    };
  },
  checks: [
    {
      says: 'every record is read',
      guard: true,
      holds: (seen, { records }) => seen['records read'] === records,
    },
    {
      says: 'across partitions there is no order',
      holds: (seen) => seen['pairs read the wrong way round'] > seen['of these, in one partition'],
    },
    {
      says: 'in one partition records are read as they were written',
      holds: (seen) => seen['of these, in one partition'] === 0,
    },
    {
      says: 'what belongs to one order is read as it was written',
      holds: (seen) => seen['of these, of one order'] === 0,
    },
  ],
  takeAway:
    'A partition is read in the order in which it was written; two partitions have no order between them.',
  why: 'Each partition is a log of its own, with offsets of its own. Nobody counts across them, which is why they can be written and read at the same time. What has to stay in order gets the same key, and so the same partition.',
  inProduction: [
    { path: 'functions/relay/relay.ts', says: "every event of an order has the order's id as its key" },
    {
      path: 'docs/guarantees.md',
      says: 'order is promised for each order, and for nothing that spans two of them',
    },
  ],
});
