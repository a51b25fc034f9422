import { experiment } from '../experiment.ts';

export const keys = experiment({
  name: 'keys',
  page: 'log',
  cluster: 'one broker',
  question: 'Which records keep their order?',
  guess: {
    ask: 'Of 5 keys, how many are found in more than one partition?',
    answer: 'keys in more than one partition',
  },
  settings: {
    records: { default: 30, says: 'how many are written' },
    keys: { default: 5, says: 'how many different keys they have' },
    partitions: { default: 3, says: 'of the topic' },
  },
  async run(lab, { records, keys, partitions }) {
    await lab.topic('orders', { partitions });
    lab.step(`${records} records with ${keys} keys are written`);
    const producer = lab.client('produce', { topic: 'orders', count: records, keys });
    await producer.ended();
    const placed = producer.events.filter((event) => event.type === 'appended');
    const byKey = Map.groupBy(placed, ({ key }) => key);
    const spread = [...byKey.values()].map((all) => new Set(all.map(({ partition }) => partition)).size);
    return {
      records: placed.length,
      keys: byKey.size,
      'keys in more than one partition': spread.filter((count) => count > 1).length,
    };
  },
  checks: [
    {
      says: 'every record is acknowledged',
      guard: true,
      holds: (seen, { records }) => seen.records === records,
    },
    {
      says: 'each key lies in one partition',
      holds: (seen) => seen['keys in more than one partition'] === 0,
    },
  ],
  takeAway: 'Records with the same key lie in the same partition, in the order in which they were written.',
  why: 'The producer hashes the key to choose a partition. Order is kept inside a partition, and nowhere else.',
  inProduction: [
    {
      path: 'functions/relay/relay.ts',
      says: "the order's id is the key, so that what happens to an order stays in order",
    },
  ],
});
