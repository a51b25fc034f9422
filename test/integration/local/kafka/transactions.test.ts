import { randomUUID } from 'node:crypto';
import type { Transaction } from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { testEngines } from '../../../support/engines.ts';
import { testKafka, testTopic } from '../../../support/topics.ts';

const kafka = testKafka(testEngines().bootstrapServers);

async function transaction(): Promise<Transaction> {
  const producer = kafka.producer({
    transactionalId: `transaction-${randomUUID()}`,
    idempotent: true,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  onTestFinished(() => producer.disconnect());
  return producer.transaction();
}

const END = 'the end';

/** What is read of a topic up to its end. */
async function valuesOf(topic: string): Promise<string[]> {
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic, messages: [{ value: END }] });
  await producer.disconnect();
  const values: string[] = [];
  const consumer = kafka.consumer({ groupId: `transaction-${randomUUID()}`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await new Promise<void>((resolve) => {
    void consumer.run({
      eachMessage: async ({ message }) => {
        values.push(String(message.value));
        if (values.at(-1) === END) resolve();
      },
    });
  });
  await consumer.disconnect();
  return values;
}

test('of transactions that overlap, what was committed is read and nothing that was aborted, whatever its key', async () => {
  const topic = await testTopic(kafka, 1);
  const [outer, inner, committed] = [await transaction(), await transaction(), await transaction()];
  const send = (to: Transaction, value: string, key: Buffer | null = null) =>
    to.send({ topic, messages: [{ key, value }] });

  await send(outer, 'aborted, the first to begin and the last to end');
  await send(inner, 'aborted');
  await send(committed, 'committed');
  // As Java writes the number 0; the marker that ends an aborted transaction has this key, too.
  await send(outer, 'aborted, with the key of an end', Buffer.alloc(4));
  await send(outer, 'aborted, behind that');
  await inner.abort();
  await send(committed, 'committed, with the key of an end', Buffer.alloc(4));
  await outer.abort();
  await committed.commit();

  expect(await valuesOf(topic)).toEqual(['committed', 'committed, with the key of an end', END]);
});
