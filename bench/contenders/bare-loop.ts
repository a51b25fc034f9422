import { Kafka, logLevel } from 'kafkajs';
import { kafkaEvent, kafkaRecord, partitionKey } from '../../local/event-sources/kafka/event.ts';
import type { EventSource } from '../workloads/event-source.ts';

/**
 * The least that any event source on kafkajs has to do: it builds the very same events, calls nobody, and lets kafkajs
 * commit after each fetch.
 */
export const bareLoop: EventSource = async ({ bootstrapServers, topic, groupId, batchSize }, onHandled) => {
  const kafka = new Kafka({ clientId: 'bench', brokers: [bootstrapServers], logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 500 });
  const envelope = {
    eventSourceArn: 'arn:aws:kafka:us-east-1:000000000000:cluster/bench/1',
    bootstrapServers,
  };
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let built = 0;
  await consumer.run({
    async eachBatch({ batch: { partition, messages } }) {
      for (let start = 0; start < messages.length; start += batchSize) {
        const records = messages
          .slice(start, start + batchSize)
          .map((message) => kafkaRecord(topic, partition, message));
        const slice = { partition: partitionKey(topic, partition), epoch: 1, records };
        built += kafkaEvent(envelope, [slice]).length;
        onHandled(records.length);
      }
    },
  });
  // What nobody reads could be left out by the compiler.
  process.once('exit', () => process.stderr.write(built < 0 ? 'nothing was built' : ''));
};
