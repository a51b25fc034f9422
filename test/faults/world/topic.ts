import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Admin, KafkaMessage, Producer } from 'kafkajs';
import { kafkaClient } from '../../../local/kafka/client.ts';
import type { Content, Position, TopicRecord } from '../../checker/observation.ts';
import { contentOfRecord } from '../../checker/rows.ts';

/** A record as it lies on a topic. */
export type ReadRecord = Omit<TopicRecord, 'planted'>;

/** The broker as somebody beside the system sees it; nothing stands in between. */
export interface Topics {
  /** Everything on a topic, in the order of its partitions. */
  read(topic: string): Promise<readonly ReadRecord[]>;
  write(topic: string, records: readonly (Content & { readonly partition: number })[]): Promise<void>;
  /** How far a group has come on a topic. */
  positions(topic: string, group: string): Promise<readonly Position[]>;
  close(): Promise<void>;
}

export async function openTopics(bootstrapServers: string): Promise<Topics> {
  const kafka = kafkaClient({ bootstrapServers, clientId: 'faults' });
  const admin = kafka.admin();
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await Promise.all([admin.connect(), producer.connect()]);
  return {
    read: (topic) => patiently(() => readAll(kafka, admin, topic)),
    write: (topic, records) => writeAll(producer, topic, records),
    async positions(topic, group) {
      const [ends, [committed]] = await patiently(() =>
        Promise.all([
          admin.fetchTopicOffsets(topic),
          admin.fetchOffsets({ groupId: group, topics: [topic] }),
        ]),
      );
      return ends.map(({ partition, high }) => {
        const offset = committed?.partitions.find((each) => each.partition === partition)?.offset ?? '-1';
        return { group, partition, committed: Math.max(0, Number(offset)), end: Number(high) };
      });
    },
    async close() {
      await Promise.all([admin.disconnect(), producer.disconnect()]);
    },
  };
}

const PATIENCE_MS = 60_000;

/** A broker that has just come back says for a while that it isn't ready. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(200);
    }
  }
}

async function readAll(
  kafka: ReturnType<typeof kafkaClient>,
  admin: Admin,
  topic: string,
): Promise<readonly ReadRecord[]> {
  const ends = new Map(
    (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, Number(high)]),
  );
  const open = new Set([...ends].filter(([, end]) => end > 0).map(([partition]) => partition));
  if (open.size === 0) return [];
  const records: ReadRecord[] = [];
  const groupId = `faults-witness-${randomUUID()}`;
  const consumer = kafka.consumer({ groupId, allowAutoTopicCreation: false });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer.on('consumer.crash', ({ payload }) => reject(payload.error));
      consumer
        .run({
          autoCommit: false,
          eachBatch: async ({ batch: { partition, messages } }) => {
            if (!open.has(partition)) return;
            const end = ends.get(partition) ?? 0;
            for (const message of messages) {
              const record = recordOf(partition, message);
              if (record.offset < end) records.push(record);
              if (record.offset + 1 >= end) open.delete(partition);
            }
            if (open.size === 0) resolve();
          },
        })
        .catch(reject);
    });
  } finally {
    await consumer.disconnect();
    await admin.deleteGroups([groupId]);
  }
  return records.toSorted((one, other) => one.partition - other.partition || one.offset - other.offset);
}

function recordOf(partition: number, message: KafkaMessage): ReadRecord {
  return {
    partition,
    offset: Number(message.offset),
    timestamp: Number(message.timestamp),
    ...contentOfRecord(message),
  };
}

/** In portions, since a broker refuses a request whose batch for one partition is over the topic's limit. */
async function writeAll(
  producer: Producer,
  topic: string,
  records: readonly (Content & { readonly partition: number })[],
): Promise<void> {
  for (const { partition, key, value, headers } of records) {
    const byName = Map.groupBy(headers, ([name]) => name);
    const message = {
      partition,
      key: bytes(key),
      value: bytes(value),
      headers: Object.fromEntries(
        [...byName].map(([name, its]) => {
          const values = its.map(([, text]) => Buffer.from(text ?? '', 'base64'));
          return [name, values.length === 1 ? values[0] : values];
        }),
      ),
    };
    // One that was taken, and not acknowledged, is there twice then.
    await patiently(() => producer.send({ topic, acks: -1, messages: [message] }));
  }
}

function bytes(text: string | null): Buffer | null {
  return text === null ? null : Buffer.from(text, 'base64');
}
