import { randomUUID } from 'node:crypto';
import type { Kafka, Message } from 'kafkajs';
import { onTestFinished } from 'vitest';
import { AS_DOCUMENTED } from '../../../../../local/event-sources/kafka/emulation.ts';
import {
  type KafkaSourcePorts,
  startKafkaEventSource,
} from '../../../../../local/event-sources/kafka/source.ts';
import type { EventSource } from '../../../../../local/event-sources/mappings.ts';
import type { KafkaMappingModel } from '../../../../../local/resources/kafka-mapping.ts';
import { type TestEngines, testEngines } from '../../../../support/engines.ts';
import { aMapping } from '../../../../support/mappings.ts';
import { readTopic, testKafka, testTopic } from '../../../../support/topics.ts';
import { type FakeFunction, fakeFunction } from '../fake-function.ts';

export interface KafkaEvent {
  readonly eventSource: string;
  readonly eventSourceArn: string;
  readonly bootstrapServers: string;
  readonly records: Readonly<Record<string, readonly KafkaEventRecord[]>>;
}
export interface KafkaEventRecord {
  readonly partition: number;
  readonly offset: number;
  readonly value: string | null;
}

/** A topic and a group of their own, and sources on them that stop when the test ends. */
export interface Running {
  readonly kafka: Kafka;
  readonly mapping: KafkaMappingModel;
  readonly fn: FakeFunction<KafkaEvent>;
  /** Starts a source on the mapping; `fn` unless another function is given. */
  start(changes?: Partial<KafkaMappingModel>, ports?: Partial<KafkaSourcePorts>): Promise<EventSource>;
  send(partition: number, ...values: (string | Omit<Message, 'partition'>)[]): Promise<void>;
  /** The group's committed offset of each partition, as the broker tells it; -1: none. */
  committed(): Promise<number[]>;
}

export async function running(
  partitions: number,
  changes: Partial<KafkaMappingModel> = {},
  { bootstrapServers }: Pick<TestEngines, 'bootstrapServers'> = testEngines(),
): Promise<Running> {
  const kafka = testKafka(bootstrapServers);
  const topic = await testTopic(kafka, partitions);
  const admin = kafka.admin();
  const producer = kafka.producer();
  await Promise.all([admin.connect(), producer.connect()]);
  const mapping: KafkaMappingModel = {
    ...aMapping('consumer'),
    kind: 'kafka',
    clusterArn: 'arn:aws:kafka:us-east-1:000000000000:cluster/demo/x',
    topic,
    groupId: `test-${randomUUID()}`,
    startingPosition: { at: 'TRIM_HORIZON' },
    pollers: 1,
    onFailureTopic: undefined,
    ...changes,
  };
  onTestFinished(async () => {
    // A group that never had a member is not there to be deleted.
    await admin.deleteGroups([mapping.groupId]).catch(() => {});
    await Promise.all([admin.disconnect(), producer.disconnect()]);
  });
  const fn = fakeFunction<KafkaEvent>();
  return {
    kafka,
    mapping,
    fn,
    async start(again = {}, ports = {}) {
      const source = await startKafkaEventSource(
        { ...mapping, ...again },
        {
          bootstrapServers,
          invoke: fn.invoke,
          clock: Date.now,
          random: () => 0,
          log: () => {},
          emulation: AS_DOCUMENTED,
          newId: randomUUID,
          ...ports,
        },
      );
      onTestFinished(() => source.stop());
      return source;
    },
    async send(partition, ...values) {
      const messages = values.map((value) => ({
        ...(typeof value === 'string' ? { value } : value),
        partition,
      }));
      await producer.send({ topic, messages });
    },
    async committed() {
      const [found] = await admin.fetchOffsets({ groupId: mapping.groupId, topics: [topic] });
      const offsets = found?.partitions ?? [];
      return offsets.toSorted((a, b) => a.partition - b.partition).map(({ offset }) => Number(offset));
    },
  };
}

/** As `running`, with an on-failure topic of its own, and what was written to it. */
export async function runningWithDestination(
  partitions: number,
  changes: Partial<KafkaMappingModel> = {},
  destinationPartitions = 1,
) {
  const plain = await running(partitions, changes);
  const onFailureTopic = await testTopic(plain.kafka, destinationPartitions);
  return {
    ...plain,
    onFailureTopic,
    start: (again: Partial<KafkaMappingModel> = {}, ports: Partial<KafkaSourcePorts> = {}) =>
      plain.start({ onFailureTopic, ...again }, ports),
    letters: async () =>
      (await readTopic(plain.kafka, onFailureTopic)).map(({ value, ...letter }) => ({
        ...letter,
        envelope: JSON.parse(value),
      })),
  };
}

/** The records of some events, in the order of delivery. */
export function recordsOf(events: readonly KafkaEvent[]): readonly KafkaEventRecord[] {
  return events.flatMap((event) => Object.values(event.records).flat());
}

/** The offsets delivered of one partition. */
export function offsetsOf(events: readonly KafkaEvent[], partition: number): number[] {
  return recordsOf(events)
    .filter((record) => record.partition === partition)
    .map((record) => record.offset);
}

export function text(record: KafkaEventRecord): string {
  return Buffer.from(record.value ?? '', 'base64').toString();
}
