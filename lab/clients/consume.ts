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
import { Kafka, logLevel } from 'kafkajs';
import { tell } from './tell.ts';

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
  },
});
const { topic, group, name: member } = options;
const crashAt = Number(options['crash-at']);

const kafka = new Kafka({ clientId: member, brokers: options.brokers.split(','), logLevel: logLevel.ERROR });
const consumer = kafka.consumer({
  groupId: group,
  allowAutoTopicCreation: false,
  // A member that says nothing for so long is taken for dead, and its partitions are given to the others.
  sessionTimeout: 3_000,
  heartbeatInterval: 300,
  maxWaitTimeInMs: 100,
});
consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
  tell({ type: 'assigned', group, member, topic, partitions: payload.memberAssignment[topic] ?? [] });
});
// Ctrl-C: the member says goodbye, and its group needn't wait for its silence.
process.once('SIGINT', async () => {
  await consumer.disconnect();
  tell({ type: 'left', group, member, how: 'left' });
});

let handled = 0;
await consumer.connect();
await consumer.subscribe({ topics: [topic], fromBeginning: options['from-beginning'] });
await consumer.run({
  autoCommit: false,
  eachMessage: async ({ partition, message }) => {
    const offset = Number(message.offset);
    const record = { group, member, topic, partition, offset, key: message.key?.toString() ?? null };
    const text = message.value?.toString() ?? '';
    tell({ type: 'fate', ...record, fate: 'delivered' });

    const work = async () => {
      await pause(Number(options.slow));
      tell({ type: 'fate', ...record, fate: 'done', text });
    };
    const commit = async () => {
      await consumer.commitOffsets([{ topic, partition, offset: String(offset + 1) }]);
      tell({ type: 'committed', group, topic, partition, offset: offset + 1 });
    };
    const [first, second] = options.commit === 'before' ? [commit, work] : [work, commit];

    await first();
    handled += 1;
    if (handled === crashAt) process.kill(process.pid, 'SIGKILL');
    await second();
  },
});
