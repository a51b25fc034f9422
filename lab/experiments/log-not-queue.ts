import { queues } from '../cluster/queues.ts';
import { handled } from '../counts.ts';
import { experiment } from '../experiment.ts';

const TOPIC = 'orders';
const [BY_TIME, BY_SIZE] = ['kept-by-time', 'kept-by-size'];
/** Records of 100 kB, for the topic that is kept by size: Kafka forgets whole segments, and has none below a megabyte. */
const LARGE = { count: 40, size: 100_000 };
const MIB = 1_048_576;

export const logNotQueue = experiment({
  name: 'log-not-queue',
  page: 'log',
  cluster: 'one broker',
  question: 'What is left when everything has been read?',
  guess: {
    ask: 'One service has read every record of a topic. Another one comes later. How many of 12 does it get?',
    answer: 'from the topic, who comes later',
  },
  settings: {
    group: {
      default: 'analytics',
      says: "who comes later to the topic; shipping-service is the first one's group",
    },
    'retention.ms': { default: -1, says: 'how long the topic keeps records; -1 is for ever' },
    'by-time': { default: 2_000, says: 'retention.ms of the topic that is kept by time' },
    'by-size': { default: 2 * MIB, says: 'retention.bytes of the topic that is kept by size; -1 is any' },
  },
  async run(lab, { group, 'retention.ms': kept, 'by-time': byTime, 'by-size': bySize }) {
    const messages = 12;
    const { env, make, left } = await lab.use(queues);
    const queue = { brokers: false, queue: await make() } as const;
    lab.tell({ type: 'topic', topic: 'queue', partitions: 1 });
    const one = { partitions: 1 };
    await lab.topic(TOPIC, { ...one, config: { 'retention.ms': String(kept) } });
    await lab.topic(BY_TIME, { ...one, config: { 'retention.ms': String(byTime) } });
    const sized = { 'retention.bytes': String(bySize), 'segment.bytes': String(MIB) };
    await lab.topic(BY_SIZE, { ...one, config: sized });
    const write = (topic: string, count: number, size = 0) =>
      lab.client('produce', { topic, count, size, keys: 4 }).ended();
    /** How many records a topic has; tells where its log begins, if that is elsewhere now. */
    const starts = new Map<string, number>();
    const leftOn = async (topic: string) => {
      const [found] = await lab.ask((admin) => admin.fetchTopicOffsets(topic));
      const [low, high] = [Number(found?.low ?? 0), Number(found?.high ?? 0)];
      if (low !== (starts.get(topic) ?? 0)) lab.tell({ type: 'log-start', topic, partition: 0, offset: low });
      starts.set(topic, low);
      return high - low;
    };
    const reads = (member: { readonly group: string; readonly name: string }) =>
      lab.client('consume', { topic: TOPIC, ...member, 'from-beginning': true });

    lab.step(`${messages} messages are sent to a queue, and written to a topic`);
    const sent = lab.client('queue-send', { ...queue, count: messages }, env);
    await Promise.all([sent.ended(), write(TOPIC, messages)]);

    lab.step(
      'a worker receives and deletes those of the queue; shipping-service reads those of the topic, and commits',
    );
    const worker = lab.client('queue-receive', { ...queue, name: 'worker' }, env);
    const shipping = reads({ group: 'shipping-service', name: 'shipping' });
    await worker.ended();
    await lab.eventually(() => handled(shipping.events).length >= messages);
    await shipping.stop();
    const leftInQueue = await left(queue.queue);
    if (leftInQueue === 0)
      lab.tell({ type: 'log-end', topic: 'queue', partition: 0, offset: messages, kept: [] });

    lab.step('somebody else comes, to both');
    const late = lab.client('queue-receive', { ...queue, name: 'late' }, env);
    const later = reads({ group, name: 'later' });
    await late.ended();
    await lab.eventually(() => handled(later.events).length >= messages, 3_000);
    await later.stop();

    lab.step(`${messages} records go to a topic that keeps them for ${byTime / 1_000} s`);
    await write(BY_TIME, messages);
    await lab.eventually(async () => (await leftOn(BY_TIME)) === 0, byTime < 0 ? 3_000 : byTime + 10_000);
    const leftByTime = await leftOn(BY_TIME);
    lab.step(`${LARGE.count} large ones go to a topic that keeps ${Math.round(bySize / MIB)} MiB`);
    await write(BY_SIZE, LARGE.count, LARGE.size);
    const fits = Math.ceil((bySize + MIB) / LARGE.size);
    await lab.eventually(async () => (await leftOn(BY_SIZE)) <= fits, bySize < 0 ? 3_000 : 10_000);
    return {
      messages,
      'left in the queue': leftInQueue,
      'from the queue, who comes later': handled(late.events).length,
      'from the topic, who comes later': handled(later.events).length,
      'left on the topic': await leftOn(TOPIC),
      'left where records are kept by time': leftByTime,
      'left where records are kept by size': await leftOn(BY_SIZE),
    };
  },
  checks: [
    {
      says: 'what is received and deleted is gone from the queue',
      holds: (seen) => seen['left in the queue'] === 0 && seen['from the queue, who comes later'] === 0,
    },
    {
      says: 'who comes later reads the whole topic',
      holds: (seen) => seen['from the topic, who comes later'] === seen.messages,
    },
    {
      says: 'and the topic still has everything',
      holds: (seen) => seen['left on the topic'] === seen.messages,
    },
    {
      says: 'by time everything goes that is old enough',
      holds: (seen) => seen['left where records are kept by time'] === 0,
    },
    {
      says: 'by size the oldest go, and the newest stay',
      holds: (seen) =>
        seen['left where records are kept by size'] > 0 &&
        seen['left where records are kept by size'] < LARGE.count,
    },
  ],
  takeAway:
    'Reading takes nothing from a log: what is on it goes by age or size, or never, whoever has read it.',
  why: 'A queue holds work, and forgets it when it is done. A log holds what happened; what a group has done is one number for each partition, its offset. So another group reads everything again, and so can the same one, if it is put back. The broker deletes whole files (segments) when their newest record is older than `retention.ms`, or when the partition without them is still as large as `retention.bytes`: it neither knows nor asks who has read them.',
  inProduction: [
    { path: 'lib/streaming-stack.ts', says: '`orders` is kept for 7 days, dead letters for 30' },
    {
      path: 'local/cli/commands/rewind-mapping.ts',
      says: 'a group goes back to an offset or a time, and reads again',
    },
  ],
});
