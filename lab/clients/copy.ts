/**
 * Copies each record of a topic to another one, and commits its offset: one after the other, or both in one transaction.
 *
 *     node lab/clients/copy.ts --brokers <host:port> --topic orders --to copies --transaction yes
 *
 *     --transaction no    write, commit    a crash between the two: the next copier writes it again
 *     --transaction yes   both or none     a crash between the two: what was written is marked as aborted, and whoever reads
 *                                          read_committed is never given it
 */
import { parseArgs } from 'node:util';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { quietRequestQueues } from '../../local/kafka/quiet.ts';
import { tell } from './tell.ts';

const { values: options } = parseArgs({
  options: {
    brokers: { type: 'string', default: '' },
    topic: { type: 'string', default: 'orders' },
    to: { type: 'string', default: 'copies' },
    group: { type: 'string', default: 'copier' },
    name: { type: 'string', default: 'A' },
    transaction: { type: 'string', default: 'yes' },
    /** Dies between the two steps of the n-th record. */
    'crash-at': { type: 'string', default: '0' },
  },
});
const { topic, to, group, name: member } = options;

quietRequestQueues();
const kafka = new Kafka({ clientId: member, brokers: options.brokers.split(','), logLevel: logLevel.ERROR });
// Whoever comes next with the same transactional id ends what this one has left open.
const inTransactions = { transactionalId: group, idempotent: true, maxInFlightRequests: 1 };
const producer = kafka.producer({
  createPartitioner: Partitioners.DefaultPartitioner,
  allowAutoTopicCreation: false,
  ...(options.transaction === 'yes' ? inTransactions : {}),
});
const consumer = kafka.consumer({
  groupId: group,
  allowAutoTopicCreation: false,
  sessionTimeout: 3_000,
  heartbeatInterval: 300,
  maxWaitTimeInMs: 100,
});
consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
  tell({ type: 'assigned', group, member, topic, partitions: payload.memberAssignment[topic] ?? [] });
});
process.once('SIGINT', async () => {
  await consumer.disconnect();
  await producer.disconnect();
  tell({ type: 'left', group, member, how: 'left' });
});

let copied = 0;
const crashIfDue = () => {
  copied += 1;
  if (copied === Number(options['crash-at'])) process.kill(process.pid, 'SIGKILL');
};
await producer.connect();
await consumer.connect();
await consumer.subscribe({ topics: [topic], fromBeginning: true });
await consumer.run({
  autoCommit: false,
  eachMessage: async ({ partition, message }) => {
    const copy = { topic: to, messages: [{ key: message.key, value: message.value }] };
    const offset = Number(message.offset) + 1;
    const next = { partition, offset: String(offset) };
    if (options.transaction === 'yes') {
      const transaction = await producer.transaction();
      await transaction.send(copy);
      crashIfDue();
      await transaction.sendOffsets({ consumerGroupId: group, topics: [{ topic, partitions: [next] }] });
      await transaction.commit();
    } else {
      await producer.send(copy);
      crashIfDue();
      await consumer.commitOffsets([{ topic, ...next }]);
    }
    tell({ type: 'committed', group, topic, partition, offset });
  },
});
