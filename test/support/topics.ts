import { randomUUID } from 'node:crypto';
import { type Admin, type Kafka, type Message, Partitioners } from 'kafkajs';
import { expect, onTestFinished, vi } from 'vitest';
import { askBroker } from '../../local/kafka/admin.ts';
import { kafkaClient } from '../../local/kafka/client.ts';

/** A client of the test broker that says nothing. */
export function testKafka(bootstrapServers: string): Kafka {
  return kafkaClient({ bootstrapServers, clientId: 'test' });
}

/** An admin client that is closed when the test ends. */
export async function adminOf(kafka: Kafka): Promise<Admin> {
  const admin = kafka.admin();
  await admin.connect();
  onTestFinished(() => admin.disconnect());
  return admin;
}

/** A topic, of a name of its own unless one is given, configured as `orders` is, deleted when the test ends. */
export async function testTopic(
  kafka: Kafka,
  partitions = 3,
  topic = `test-${randomUUID()}`,
): Promise<string> {
  const admin = await adminOf(kafka);
  // On a connection of its own: a test may have had the broker away.
  onTestFinished(() => askBroker(kafka, (asked) => asked.deleteTopics({ topics: [topic] })));
  const configEntries = [{ name: 'max.message.bytes', value: String(72 * 1024) }];
  await admin.createTopics({
    waitForLeaders: false,
    topics: [{ topic, numPartitions: partitions, configEntries }],
  });
  // kafkajs' own wait gives up on a broker that has not heard of the topic yet.
  await vi.waitFor(async () => {
    const [found] = (await admin.fetchTopicMetadata({ topics: [topic] })).topics;
    expect(found?.partitions.filter(({ leader }) => leader >= 0)).toHaveLength(partitions);
  }, 10_000);
  // Known to the metadata, a partition may still refuse its first records, and a producer then sends again what the
  // others have taken: asking each leader for its offsets waits for that.
  await vi.waitFor(() => admin.fetchTopicOffsets(topic), 10_000);
  return topic;
}

/** Writes messages to a topic, one request each, on a connection of its own. */
export async function produce(
  bootstrapServers: string,
  topic: string,
  ...messages: Message[]
): Promise<void> {
  const producer = testKafka(bootstrapServers).producer();
  await producer.connect();
  for (const message of messages) await producer.send({ topic, messages: [message] });
  await producer.disconnect();
}

/** A record as it stands on the topic; headers in their order. */
export interface TopicRecord {
  readonly partition: number;
  readonly key: string;
  readonly value: string;
  readonly headers: readonly (readonly [string, string])[];
}

/** All records that are on a topic now, by partition and offset. */
export async function readTopic(kafka: Kafka, topic: string): Promise<TopicRecord[]> {
  const admin = kafka.admin();
  await admin.connect();
  const ends = new Map(
    (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, Number(high)]),
  );
  await admin.disconnect();

  const records: (TopicRecord & { offset: number })[] = [];
  const total = [...ends.values()].reduce((sum, end) => sum + end, 0);
  if (total === 0) return records;

  const consumer = kafka.consumer({ groupId: `test-${randomUUID()}`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise<void>((resolve) => {
    void consumer.run({
      eachMessage: async ({ partition, message }) => {
        records.push({
          partition,
          offset: Number(message.offset),
          key: String(message.key),
          value: String(message.value),
          headers: Object.entries(message.headers ?? {}).map(
            ([name, value]) => [name, String(value)] as const,
          ),
        });
        if (records.length === total) resolve();
      },
    });
  });
  await consumer.disconnect();
  return records.sort((one, other) => one.partition - other.partition || one.offset - other.offset);
}

/** The partition that Kafka's own clients choose for a key. */
export function murmur2Partition(key: string, partitions: number): number {
  const message = { key, value: null };
  return Partitioners.DefaultPartitioner()({ topic: '', partitionMetadata: new Array(partitions), message });
}
