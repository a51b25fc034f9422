/**
 * Reads everything that a topic holds now, whoever has read it before, and ends.
 *
 *     node lab/clients/read-all.ts --brokers <host:port> --topic orders
 */
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { tell } from './tell.ts';

const { values: options } = parseArgs({
  options: {
    brokers: { type: 'string', default: '' },
    topic: { type: 'string', default: 'orders' },
  },
});
const { topic } = options;
const kafka = new Kafka({ brokers: options.brokers.split(','), logLevel: logLevel.ERROR });

// Where each partition ends now; one that holds nothing has nothing to wait for.
const admin = kafka.admin();
await admin.connect();
const offsets = await admin.fetchTopicOffsets(topic);
await admin.disconnect();
const left = new Map(
  offsets
    .filter(({ low, high }) => low !== high)
    .map(({ partition, high }) => [partition, Number(high) - 1] as const),
);

// A group of its own, which commits nothing: it is in nobody's way, and leaves nothing.
const consumer = kafka.consumer({
  groupId: `read-all-${randomUUID()}`,
  allowAutoTopicCreation: false,
  maxWaitTimeInMs: 100,
});
const read = Promise.withResolvers<void>();
if (left.size === 0) read.resolve();
await consumer.connect();
await consumer.subscribe({ topics: [topic], fromBeginning: true });
await consumer.run({
  autoCommit: false,
  eachMessage: async ({ partition, message }) => {
    const offset = Number(message.offset);
    const key = message.key?.toString() ?? null;
    // A record without a value is a tombstone: compaction removes its key.
    const text = message.value?.toString() ?? 'tombstone';
    tell({ type: 'appended', topic, partition, offset, key, text });
    if (offset >= (left.get(partition) ?? 0)) left.delete(partition);
    if (left.size === 0) read.resolve();
  },
});
await read.promise;
await consumer.disconnect();
