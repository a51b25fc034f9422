/**
 * Handles orders, and can't handle what is none. Without a place for such records it meets them again and again;
 * with one it sets them aside after some attempts, and goes on.
 *
 *     node lab/clients/handle.ts --brokers <host:port> --group shipping-service --dead-letters orders.dead-letters --attempts 3
 */
import { parseArgs } from 'node:util';
import { Kafka, type KafkaMessage, logLevel, Partitioners } from 'kafkajs';
import { quietRequestQueues } from '../../local/kafka/quiet.ts';
import { tell } from './tell.ts';

const { values: options } = parseArgs({
  options: {
    brokers: { type: 'string', default: '' },
    topic: { type: 'string', default: 'orders' },
    group: { type: 'string', default: 'shipping-service' },
    name: { type: 'string', default: 'A' },
    /** The topic for what can't be handled. */
    'dead-letters': { type: 'string' },
    /** How often a record is tried before it is set aside. */
    attempts: { type: 'string', default: '3' },
  },
});
const { topic, group, name: member, 'dead-letters': deadLetters } = options;

quietRequestQueues();
const kafka = new Kafka({
  clientId: member,
  brokers: options.brokers.split(','),
  logLevel: logLevel.NOTHING,
});
const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
const consumer = kafka.consumer({
  groupId: group,
  allowAutoTopicCreation: false,
  sessionTimeout: 3_000,
  heartbeatInterval: 300,
  maxWaitTimeInMs: 100,
  // Where an error leaves eachMessage, kafkajs delivers the record again after a pause; it never gives up.
  retry: { initialRetryTime: 100, maxRetryTime: 300 },
});
consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
  tell({ type: 'assigned', group, member, topic, partitions: payload.memberAssignment[topic] ?? [] });
});
process.once('SIGINT', async () => {
  await consumer.disconnect();
  await producer.disconnect();
  tell({ type: 'left', group, member, how: 'left' });
});

function handle(message: KafkaMessage): void {
  const text = message.value?.toString() ?? '';
  if (!/^order \d+$/.test(text)) throw new Error(`no order: ${text}`);
}

/** How often each record has failed, by partition and offset; a consumer that is started again begins to count anew. */
const failures = new Map<string, number>();

await producer.connect();
await consumer.connect();
await consumer.subscribe({ topics: [topic], fromBeginning: true });
await consumer.run({
  autoCommit: false,
  eachMessage: async ({ partition, message }) => {
    const offset = Number(message.offset);
    const origin = `${topic}-${partition}@${offset}`;
    const key = message.key?.toString() ?? null;
    const record = { group, member, topic, partition, offset, key, text: message.value?.toString() ?? '' };
    tell({ type: 'fate', ...record, fate: 'delivered' });
    try {
      handle(message);
      tell({ type: 'fate', ...record, fate: 'done' });
    } catch (error) {
      const failed = (failures.get(origin) ?? 0) + 1;
      failures.set(origin, failed);
      if (deadLetters === undefined || failed < Number(options.attempts)) {
        tell({ type: 'fate', ...record, fate: 'retried' });
        throw error;
      }
      // Byte for byte, with where it comes from, who gave it up and why: all that a replay needs.
      const headers = { ...message.headers, origin, group, error: String(error) };
      const letter = { key: message.key, value: message.value, headers };
      const [lies] = await producer.send({ topic: deadLetters, acks: -1, messages: [letter] });
      const letterPlace = { partition: lies?.partition ?? 0, offset: Number(lies?.baseOffset) };
      tell({ type: 'appended', topic: deadLetters, ...letterPlace, key, text: record.text });
      tell({ type: 'fate', ...record, fate: 'dead-letter' });
    }
    // Handled or set aside: in both cases those behind it can go on.
    await consumer.commitOffsets([{ topic, partition, offset: String(offset + 1) }]);
    tell({ type: 'committed', group, topic, partition, offset: offset + 1 });
  },
});
