/** A consumer that is fast in the wrong way: it works on all records of a batch at the same time, the first ones longest. */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { tell } from '../../clients/tell.ts';

const { values } = parseArgs({ strict: false });
const [topic, group] = [String(values.topic), String(values.group)];
const kafka = new Kafka({ brokers: String(values.brokers).split(','), logLevel: logLevel.ERROR });
const consumer = kafka.consumer({ groupId: group, maxWaitTimeInMs: 100 });
process.once('SIGINT', () => consumer.disconnect());

await consumer.connect();
await consumer.subscribe({ topics: [topic], fromBeginning: true });
await consumer.run({
  eachBatch: async ({ batch: { partition, messages } }) => {
    const work = messages.map(async (message, at) => {
      await pause((messages.length - at) * 20);
      const offset = Number(message.offset);
      tell({ type: 'fate', group, member: 'A', topic, partition, offset, fate: 'done' });
    });
    await Promise.all(work);
  },
});
