import { recordsOn, type TopicRecord } from '../cluster/records.ts';
import { told } from '../counts.ts';
import { experiment } from '../experiment.ts';
import type { Lab } from '../lab.ts';

const TOPIC = 'addresses';
const CUSTOMERS = 4;
const ADDRESSES = 3;
const DELETED = 'key-1';
/** Somebody else, who is written only so that the others' records lie in a segment that is done. */
const OTHER = 'other';

export const compaction = experiment({
  name: 'compaction',
  page: 'trouble',
  cluster: 'one broker',
  question: 'Can a log keep the newest record of each key for ever, and forget the others?',
  guess: {
    ask: '4 customers write 3 addresses each, and one is deleted: 13 records. How many of them does somebody find who reads after compaction?',
    answer: 'left of these',
  },
  settings: {
    'cleanup.policy': { default: 'compact', says: 'or delete: what is older than a second is gone' },
    'min.compaction.lag.ms': { default: 0, says: 'how long a record is left alone; 60000 is a minute' },
    'delete.retention.ms': { default: 100, says: 'how long a tombstone can be seen; 60000 is a minute' },
  },
  async run(lab, settings) {
    const config = {
      'cleanup.policy': settings['cleanup.policy'],
      'min.compaction.lag.ms': String(settings['min.compaction.lag.ms']),
      'delete.retention.ms': String(settings['delete.retention.ms']),
      // Compaction leaves the segment alone that is written to; half a second makes others of it. Both are days, or half the log, elsewhere.
      'segment.ms': '500',
      'min.cleanable.dirty.ratio': '0.01',
      'retention.ms': '1000',
    };
    await lab.topic(TOPIC, { partitions: 1, config });

    lab.step(`${CUSTOMERS} customers write ${ADDRESSES} addresses each`);
    const producer = lab.client('produce', { topic: TOPIC, keys: CUSTOMERS, count: CUSTOMERS * ADDRESSES });
    await producer.ended();
    lab.step(`${DELETED} is deleted: a record with its key and without a value, a tombstone`);
    const deletion = lab.client('write-one', { topic: TOPIC, key: DELETED });
    await deletion.ended();
    const written = [...told(producer.events, 'appended'), ...told(deletion.events, 'appended')];
    const newest = new Set(new Map(written.map(({ key, offset }) => [key, offset])).values());
    const isOld = ({ offset }: { readonly offset: number }) => !newest.has(offset);

    lab.step('compaction is waited for; somebody reads everything now and then');
    const found = await readUntil(lab, (record) => isOld(record) || record.key === DELETED);
    const kept = found.map(({ offset }) => offset);
    lab.tell({ type: 'log-end', topic: TOPIC, partition: 0, offset: Math.max(...kept) + 1, kept });
    const left = found.filter(({ key }) => key !== OTHER);
    const others = left.filter(({ key }) => key !== DELETED);
    // The deletion says nothing, whatever its client calls it.
    const texts = new Map(
      written.map(({ key, offset, text }) => [offset, key === DELETED && !isOld({ offset }) ? '' : text]),
    );
    return {
      written: written.length,
      'left of these': left.length,
      'their offsets': left.map(({ offset }) => offset).join(', '),
      'customers whose newest address is there': others.filter((one) => !isOld(one)).length,
      'older addresses': others.filter(isOld).length,
      'records of the deleted customer': left.length - others.length,
      'records at another offset': left.filter(({ offset, text }) => texts.get(offset) !== text).length,
    };
  },
  checks: [
    {
      says: 'the newest address of each customer is there',
      holds: (seen) => seen['customers whose newest address is there'] === CUSTOMERS - 1,
    },
    { says: 'older ones are gone', holds: (seen) => seen['older addresses'] === 0 },
    {
      says: 'nothing is left of the deleted customer, not even the tombstone',
      holds: (seen) => seen['records of the deleted customer'] === 0,
    },
    {
      says: 'what is left lies where it lay',
      guard: true,
      holds: (seen) => seen['records at another offset'] === 0,
    },
  ],
  takeAway:
    'A compacted topic is a table that is written as a log: the newest record of each key stays for ever, and a record without a value removes its key.',
  why: 'The cleaner copies old segments and leaves out each record whose key comes again later. Offsets stay as they were, so the log gets holes, and readers pass over them. The segment that is written to is left alone: until it is done, older records can be read beside newer ones. A tombstone stays for a while (`delete.retention.ms`, a day by default), so that readers who are behind learn of the deletion.',
  inProduction: [
    {
      path: 'lib/streaming-stack.ts',
      says: '`orders` is kept by age, not compacted: an order has several events, and each of them is wanted. What the groups have committed lies on a compacted topic of Kafka itself, `__consumer_offsets`',
    },
  ],
});

/** Writes a record of somebody else and reads everything, until nothing is there that should go; five times say that it will not. */
async function readUntil(lab: Lab, shouldGo: (record: TopicRecord) => boolean) {
  for (let round = 1; ; round++) {
    await lab.client('write-one', { topic: TOPIC, key: OTHER, value: String(round) }).ended();
    const found = await recordsOn(lab, TOPIC);
    if (round === 5 || !found.some((record) => record.key !== OTHER && shouldGo(record))) return found;
  }
}
