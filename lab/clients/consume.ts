/**
 * Reads a topic as a member of a consumer group, and commits after each record, or before it.
 *
 *     node lab/clients/consume.ts --brokers <host:port> --topic orders --group shipping-service --name A
 *
 *     --commit after    work, commit    a crash between the two: the record is handled twice
 *     --commit before   commit, work    a crash between the two: the record is never handled
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type EachMessagePayload, Kafka, logLevel } from 'kafkajs';
import { quietRequestQueues } from '../../local/kafka/quiet.ts';
import { codeOf, tell } from './tell.ts';

const { values: options } = parseArgs({
  options: {
    brokers: { type: 'string', default: '' },
    topic: { type: 'string', default: 'orders' },
    group: { type: 'string', default: 'readers' },
    name: { type: 'string', default: 'A' },
    commit: { type: 'string', default: 'after' },
    /** Where a group begins that has committed nothing yet. */
    'from-beginning': { type: 'boolean', default: false },
    /** Milliseconds that the work on one record takes. */
    slow: { type: 'string', default: '0' },
    /** Dies between the two steps of the n-th record: after its work, or after its commit. */
    'crash-at': { type: 'string', default: '0' },
    /** Milliseconds of silence after which a member is taken for dead; a broker's least is 6000 unless it is told otherwise. */
    'session-timeout': { type: 'string', default: '3000' },
  },
});
const { topic, group, name: member } = options;
if (!['after', 'before'].includes(options.commit)) throw new Error('--commit is after or before');

quietRequestQueues();
const kafka = new Kafka({
  clientId: member,
  brokers: options.brokers.split(','),
  logLevel: logLevel.ERROR,
  retry: { maxRetryTime: 1_000 },
});
const consumer = kafka.consumer({
  groupId: group,
  allowAutoTopicCreation: false,
  sessionTimeout: Number(options['session-timeout']),
  heartbeatInterval: 300,
  maxWaitTimeInMs: 100,
});
consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
  tell({ type: 'assigned', group, member, topic, partitions: payload.memberAssignment[topic] ?? [] });
});
// kafkajs starts a consumer again by itself after most errors; whatever runs this has to after the others.
consumer.on(consumer.events.CRASH, ({ payload }) => {
  process.exitCode = payload.restart ? 0 : 1;
});

// Ctrl-C: what is under work is finished first, for a kafkajs consumer that is stopped commits nothing, and says nothing of it.
// Then it says goodbye, so that its group needn't wait for its silence.
let leaving = false;
let atWork = Promise.resolve();
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    leaving = true;
    await atWork.catch(() => undefined);
    await consumer.disconnect();
    tell({ type: 'left', group, member, how: 'left' });
    // A consumer that kafkajs has started again keeps the process alive for ever.
    process.stdout.write('', () => process.exit());
  });
}

let handled = 0;
async function handle({ partition, message, heartbeat }: EachMessagePayload) {
  const offset = Number(message.offset);
  const record = { group, member, topic, partition, offset, key: message.key?.toString() ?? null };
  const text = message.value?.toString() ?? '';
  tell({ type: 'fate', ...record, fate: 'delivered' });
  const work = async () => {
    // However long it takes, the group hears from the member; a rebalance waits until the record is done.
    for (let left = Number(options.slow); left > 0; left -= 500) {
      await pause(Math.min(500, left));
      await heartbeat().catch(() => undefined);
    }
    tell({ type: 'fate', ...record, fate: 'done', text });
  };
  const commit = async () => {
    try {
      await consumer.commitOffsets([{ topic, partition, offset: String(offset + 1) }]);
      tell({ type: 'committed', group, topic, partition, offset: offset + 1 });
    } catch (error) {
      // The group has given the partition to somebody else, who will handle the record again; kafkajs joins anew at its next
      // heartbeat. Thrown on, the error would end the consumer for good.
      if (!['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION'].includes(codeOf(error))) throw error;
      tell({ type: 'step', text: `${member}'s commit is refused: ${codeOf(error)}` });
    }
  };
  const [first, second] = options.commit === 'before' ? [commit, work] : [work, commit];

  await first();
  handled += 1;
  if (handled === Number(options['crash-at'])) process.kill(process.pid, 'SIGKILL');
  await second();
}

await consumer.connect();
await consumer.subscribe({ topics: [topic], fromBeginning: options['from-beginning'] });
await consumer.run({
  autoCommit: false,
  eachMessage: async (payload) => {
    if (leaving) return;
    atWork = handle(payload);
    await atWork;
  },
});
