/**
 * Reads dead letters, mends each and writes it to the topic where it came from, until Ctrl-C.
 *
 *     node lab/clients/replay.ts --brokers <host:port> --dead-letters orders.dead-letters --mend 'ordr=order'
 */
import { parseArgs } from 'node:util';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { quietRequestQueues } from '../../local/kafka/quiet.ts';
import { tell } from './tell.ts';

const { values: options } = parseArgs({
  options: {
    brokers: { type: 'string', default: '' },
    'dead-letters': { type: 'string', default: 'orders.dead-letters' },
    topic: { type: 'string', default: 'orders' },
    /** What is wrong in a value, and what it should be. */
    mend: { type: 'string', default: '=' },
  },
});
const { 'dead-letters': letters, topic } = options;
const [wrong = '', right = ''] = options.mend.split('=');

quietRequestQueues();
const kafka = new Kafka({ brokers: options.brokers.split(','), logLevel: logLevel.ERROR });
const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
// What this group has committed is replayed: another run goes on behind it.
const consumer = kafka.consumer({ groupId: 'replay', allowAutoTopicCreation: false, maxWaitTimeInMs: 100 });
process.once('SIGINT', async () => {
  await consumer.disconnect();
  await producer.disconnect();
});

await producer.connect();
await consumer.connect();
await consumer.subscribe({ topics: [letters], fromBeginning: true });
await consumer.run({
  autoCommit: false,
  eachMessage: async ({ partition, message: { key, value, headers, offset } }) => {
    const next = Number(offset) + 1;
    const mended = value?.toString().replace(wrong, right) ?? null;
    // Every group of the topic gets it, those that had no trouble with it too: they have to know it for one that they have handled.
    const [lies] = await producer.send({ topic, acks: -1, messages: [{ key, value: mended, headers }] });
    const place = { partition: lies?.partition ?? 0, offset: Number(lies?.baseOffset) };
    tell({ type: 'appended', topic, ...place, key: key?.toString() ?? null, text: mended ?? '' });
    await consumer.commitOffsets([{ topic: letters, partition, offset: String(next) }]);
    tell({ type: 'committed', group: 'replay', topic: letters, partition, offset: next });
  },
});
