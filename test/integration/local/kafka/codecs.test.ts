import { randomBytes, randomUUID } from 'node:crypto';
import kafkajs, { type KafkaMessage, type Message } from 'kafkajs';
import { compressFrame } from 'lz4-napi';
import { compress } from 'snappy';
import { expect, onTestFinished, test } from 'vitest';
import { provision } from '../../../../local/resources/registry.ts';
import { provisioningEngine, testEngines } from '../../../support/engines.ts';
import { adminOf, testKafka } from '../../../support/topics.ts';

const { bootstrapServers } = testEngines();
const kafka = testKafka(bootstrapServers);

/** Batches of one record and of many, of nothing and of a megabyte, that compress well and not at all. */
const BATCHES: readonly (readonly Message[])[] = [
  [{ key: 'alone', value: 'a' }],
  [{ key: null, value: null }],
  [
    {
      key: Buffer.alloc(0),
      value: Buffer.alloc(0),
      headers: { empty: '', name: [Buffer.of(1), Buffer.of(2)] },
    },
  ],
  Array.from({ length: 5_000 }, (_, n) => ({
    key: `order-${n % 40}`,
    value: JSON.stringify({ n, state: 'PLACED' }),
  })),
  Array.from({ length: 90 }, (_, n) => ({ key: `${n}`, value: randomBytes(n * 200) })),
  [{ key: 'zeros', value: Buffer.alloc(3_000_000) }],
  [{ key: 'chance', value: randomBytes(900_000) }],
];

/** A topic whose broker compresses what it is sent, in the way that Kafka's Java client does. */
async function topicWith(compression: string): Promise<string> {
  const name = `codec-${randomUUID()}`;
  const config = { 'compression.type': compression, 'max.message.bytes': '8000000' };
  const model = { logicalId: 'Topic', path: 'Stack/Topic', name, partitions: 1, config };
  await provision(provisioningEngine(), { topics: [model] });
  const admin = await adminOf(kafka);
  onTestFinished(() => admin.deleteTopics({ topics: [name] }));
  const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name, configNames: ['compression.type'] };
  const { resources } = await admin.describeConfigs({ resources: [resource], includeSynonyms: false });
  expect(resources[0]?.configEntries[0]?.configValue).toBe(compression);
  return name;
}

async function send(topic: string, messages: readonly Message[], compression?: number): Promise<void> {
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic, messages: [...messages], ...(compression && { compression }) });
  await producer.disconnect();
}

async function read(topic: string, count: number): Promise<KafkaMessage[]> {
  const found: KafkaMessage[] = [];
  const consumer = kafka.consumer({ groupId: `codec-${randomUUID()}`, maxWaitTimeInMs: 50 });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer.on('consumer.crash', ({ payload }) => reject(payload.error));
      void consumer.run({
        eachBatch: async ({ batch }) => {
          for (const message of batch.messages) found.push(message);
          if (found.length >= count) resolve();
        },
      });
    });
  } finally {
    await consumer.disconnect();
  }
  return found;
}

const bytes = (value: Message['value'] | undefined) =>
  value === null || value === undefined ? null : Buffer.from(value).toString('base64');
const asSent = (batches: readonly (readonly Message[])[]) =>
  batches.flat().map(({ key, value }) => [bytes(key), bytes(value)]);
const asRead = (messages: readonly KafkaMessage[]) =>
  messages.map(({ key, value }) => [bytes(key), bytes(value)]);

test.each(['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'])(
  'a topic with compression.type %s is read, byte for byte, in batches small and large',
  async (compression) => {
    const topic = await topicWith(compression);
    for (const batch of BATCHES) await send(topic, batch);
    const sent = asSent(BATCHES);
    const messages = await read(topic, sent.length);
    expect(messages.map(({ offset }) => Number(offset))).toEqual(sent.map((_, n) => n));
    // A matcher would print megabytes.
    expect(asRead(messages).every(([key, value], n) => key === sent[n]?.[0] && value === sent[n]?.[1])).toBe(
      true,
    );
    expect(messages[2]?.headers).toMatchObject({
      empty: Buffer.alloc(0),
      name: [Buffer.of(1), Buffer.of(2)],
    });
  },
);

test.each([
  ['snappy', kafkajs.CompressionTypes.Snappy, (plain: Buffer) => compress(plain)],
  ['lz4', kafkajs.CompressionTypes.LZ4, (plain: Buffer) => compressFrame(plain, { contentChecksum: true })],
] as const)(
  '%s is read as other clients write it: one raw block, a frame with a checksum',
  async (_, type, encode) => {
    kafkajs.CompressionCodecs[type] = () => ({
      compress: ({ buffer }: { buffer: Buffer }) => encode(buffer),
      decompress: () => Promise.reject(new Error('it is not kafkajs that reads')),
    });
    const topic = await topicWith('producer');
    const batches = BATCHES.slice(0, 6);
    for (const batch of batches) await send(topic, batch, type);
    const sent = asSent(batches);
    expect(asRead(await read(topic, sent.length))).toEqual(sent);
  },
);
