import { told } from '../counts.ts';
import { experiment } from '../experiment.ts';

export const keys = experiment({
  name: 'keys',
  page: 'log',
  cluster: 'one broker',
  question: 'What decides where a record goes, and what do more partitions change?',
  guess: {
    ask: 'A topic gets twice as many partitions. For how many of 60 keys do new records go to another partition than old ones?',
    answer: 'keys that moved',
  },
  settings: {
    records: { default: 60, says: 'how many are written before, and as many after' },
    keys: { default: 60, says: 'how many different keys they have; 0: none at all' },
    partitions: { default: 3, says: 'of the topic' },
    later: { default: 6, says: 'as many it is given then' },
  },
  async run(lab, { records, keys, partitions, later }) {
    await lab.topic('orders', { partitions });
    const write = async (from: number) => {
      const producer = lab.client('produce', { topic: 'orders', count: records, keys, from });
      await producer.ended();
      return told(producer.events, 'appended');
    };

    lab.step(`${records} records with ${keys} keys are written to ${partitions} partitions`);
    const before = await write(1);
    const places = placesOfKeys(before);
    if (later > partitions) {
      lab.step(`the topic gets ${later} partitions`);
      await lab.ask((admin) =>
        admin.createPartitions({ topicPartitions: [{ topic: 'orders', count: later }] }),
      );
      lab.tell({ type: 'topic', topic: 'orders', partitions: later });
    }
    lab.step(`${records} more are written, with the same keys`);
    const after = await write(records + 1);
    const placesLater = placesOfKeys(after);

    return {
      'records written': before.length + after.length,
      keys: places.size,
      'keys in more than one partition': [...places.values()].filter(({ size }) => size > 1).length,
      'keys that moved': [...placesLater].filter(([key, there]) =>
        [...there].some((partition) => !places.get(key)?.has(partition)),
      ).length,
    };
  },
  checks: [
    {
      says: 'every record is acknowledged',
      guard: true,
      holds: (seen, { records }) => seen['records written'] === 2 * records,
    },
    {
      says: 'each key lies in one partition',
      holds: (seen) => seen['keys in more than one partition'] === 0,
    },
    {
      says: 'with twice the partitions about half of the keys move',
      holds: (seen) => Math.abs(seen['keys that moved'] / seen.keys - 1 / 2) <= 1 / 5,
    },
  ],
  takeAway:
    'The same key goes to the same partition, for as long as the topic has as many partitions as it had.',
  why: "The producer hashes the key, and takes the rest of a division by the number of partitions. With another number it is another rest: an order's next record then lies in a partition whose reader may be ahead of, or behind, the one that has its first. What is written already stays where it is.",
  inProduction: [
    {
      path: 'functions/relay/relay.ts',
      says: "the order's id is the key, so that what happens to an order stays in order",
    },
    { path: 'lib/settings.ts', says: 'the number of partitions is chosen once, large enough' },
  ],
});

type Written = { readonly key: string | null; readonly partition: number };

/** In which partitions the records of each key lie. */
const placesOfKeys = (written: readonly Written[]): ReadonlyMap<string | null, ReadonlySet<number>> =>
  new Map(
    [...Map.groupBy(written, ({ key }) => key)].map(([key, records]) => [
      key,
      new Set(records.map(({ partition }) => partition)),
    ]),
  );
