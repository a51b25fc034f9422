import { Kafka, logLevel } from 'kafkajs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { kafkaClient } from '../../../../functions/kafka/client.ts';
import { type KafkaPublisher, kafkaPublisher } from '../../../../functions/kafka/producer.ts';
import type { PublishRecord } from '../../../../functions/kafka/publisher.ts';
import { testEngines } from '../../../support/engines.ts';
import { placedRow } from '../../../support/outbox-rows.ts';
import { murmur2Partition, readTopic, testKafka, testTopic } from '../../../support/topics.ts';

function publisherOf(newClient: () => Kafka, now: () => number = Date.now): KafkaPublisher {
  const publisher = kafkaPublisher(newClient, now);
  onTestFinished(() => publisher.close());
  return publisher;
}

const client = () =>
  kafkaClient('test', {
    KAFKA_BOOTSTRAP_SERVERS: testEngines().bootstrapServers,
    KAFKA_AUTH: 'none',
    AWS_REGION: 'us-east-1',
  });

const record = (key: string, bytes = 0): PublishRecord => placedRow(key, bytes).event;
const asOnTopic = ({ key, value, headers }: PublishRecord) => ({
  partition: murmur2Partition(key, 3),
  key,
  value: Buffer.from(value).toString('utf8'),
  headers: Object.entries(headers),
});

describe('the publisher', () => {
  it('writes exactly the bytes given, where Kafka’s own clients would put them', async () => {
    const kafka = testKafka(testEngines().bootstrapServers);
    const topic = await testTopic(kafka);
    const publisher = publisherOf(client);
    const records = ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => record(key));
    await publisher.publish(topic, records);

    const expected = records.map(asOnTopic);
    const onTopic = (await readTopic(kafka, topic)).map(({ partition, key, value, headers }) => ({
      partition,
      key,
      value,
      headers,
    }));
    for (let partition = 0; partition < 3; partition++) {
      const of = (all: typeof expected) => all.filter((one) => one.partition === partition);
      expect(of(onTopic as typeof expected)).toEqual(of(expected));
    }
  });

  it('knows the partitions after the first publish', async () => {
    const topic = await testTopic(testKafka(testEngines().bootstrapServers));
    const publisher = publisherOf(client);
    const keys = ['a', 'b', 'c', 'd', 'e'];
    expect(keys.map((key) => publisher.partitionOf(topic, key))).toEqual([0, 0, 0, 0, 0]);
    await publisher.publish(topic, [record('a')]);
    expect(keys.map((key) => publisher.partitionOf(topic, key))).toEqual(
      keys.map((key) => murmur2Partition(key, 3)),
    );
  });

  it('sends one publish after another', async () => {
    const kafka = testKafka(testEngines().bootstrapServers);
    const topic = await testTopic(kafka, 1);
    const publisher = publisherOf(client);
    const records = Array.from({ length: 20 }, (_, index) => record(`k${index}`));
    await Promise.all(records.map((one) => publisher.publish(topic, [one])));
    expect((await readTopic(kafka, topic)).map(({ key }) => key)).toEqual(records.map(({ key }) => key));
  });

  it('says when the broker will never take the records, and goes on with others', async () => {
    const topic = await testTopic(testKafka(testEngines().bootstrapServers), 1);
    const publisher = publisherOf(client);
    const large = { ...record('a'), value: new Uint8Array(80_000) };
    await expect(publisher.publish(topic, [large])).rejects.toMatchObject({
      code: 'RECORDS_REFUSED',
      retriable: false,
    });
    await publisher.publish(topic, [record('b')]);
  });

  it('creates no topic', async () => {
    const publisher = publisherOf(client);
    const missing = publisher.publish(`test-missing-${process.pid}`, [record('a')]);
    await expect(missing).rejects.toMatchObject({ code: 'PUBLISH_FAILED', retriable: true });
  });

  it('comes back after a broker that was not there', async () => {
    const kafka = testKafka(testEngines().bootstrapServers);
    const topic = await testTopic(kafka);
    const nobody = new Kafka({ brokers: ['127.0.0.1:1'], retry: { retries: 0 }, logLevel: logLevel.NOTHING });
    const clients = [nobody, nobody];
    const publisher = publisherOf(() => clients.shift() ?? client());
    await expect(publisher.publish(topic, [record('a')])).rejects.toMatchObject({ code: 'PUBLISH_FAILED' });
    await publisher.publish(topic, [record('a')]);
    expect(await readTopic(kafka, topic)).toHaveLength(1);
  });

  it('builds a new client after a long pause, as a frozen environment has', async () => {
    const topic = await testTopic(testKafka(testEngines().bootstrapServers));
    let clients = 0;
    let now = 0;
    const publisher = publisherOf(
      () => {
        clients += 1;
        return client();
      },
      () => now,
    );
    await publisher.publish(topic, [record('a')]);
    now += 60_000;
    await publisher.publish(topic, [record('b')]);
    expect(clients).toBe(1);
    now += 15 * 60_000;
    await publisher.publish(topic, [record('c')]);
    expect(clients).toBe(2);
  });
});
