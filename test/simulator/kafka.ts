import {
  type Message,
  Partitioners,
  type PartitionMetadata,
  type ProducerRecord,
  type RecordMetadata,
} from 'kafkajs';
import type { ProducerFactory } from '../../functions/kafka/producer.ts';
import type { Chance } from '../support/chance.ts';
import { named } from './dynamodb/errors.ts';
import type { Faults } from './faults.ts';
import type { Process } from './process.ts';
import type { Scheduler } from './scheduler.ts';

/** A record as it stands on a topic. */
export interface TopicRecord {
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | null | (Buffer | null)[]>>;
  /** Epoch milliseconds. */
  readonly timestamp: number;
}

/** A topic in memory: partitions are arrays, offsets their indexes. */
export interface Topic {
  readonly name: string;
  readonly partitions: readonly (readonly TopicRecord[])[];
  append(partition: number, records: readonly Omit<TopicRecord, 'offset'>[], by: string): void;
  /** Told of each record that is appended. */
  onAppend(listener: (partition: number, record: TopicRecord, by: string) => void): void;
}

export function topic(name: string, partitionCount: number): Topic {
  const partitions: TopicRecord[][] = Array.from({ length: partitionCount }, () => []);
  const listeners: ((partition: number, record: TopicRecord, by: string) => void)[] = [];
  return {
    name,
    partitions,
    append(partition, records, by) {
      const log = partitions[partition];
      if (log === undefined) throw new RangeError(`${name} has no partition ${partition}`);
      for (const record of records) {
        const appended = { ...record, offset: log.length };
        log.push(appended);
        for (const listener of listeners) listener(partition, appended, by);
      }
    },
    onAppend: (listener) => void listeners.push(listener),
  };
}

export interface ProducerPorts {
  readonly topic: Topic;
  readonly cluster: Cluster;
  /** What a partition takes of a producer at once, in bytes. */
  readonly batchLimit: () => number;
  readonly process: Process;
  readonly clock: Scheduler;
  readonly random: Chance;
  readonly faults: Faults;
}

/** Which broker leads which partition; kafkajs sends one request to each broker. */
export interface Cluster {
  readonly leaders: number[];
}

const BROKERS = 3;
/** As functions/kafka/client.ts sets kafkajs up. */
const ATTEMPTS = 3;
const TIMEOUT_MS = 4_000;
const LATE_MS = 60_000;

export function cluster(partitions: number): Cluster {
  return { leaders: Array.from({ length: partitions }, (_, partition) => partition % BROKERS) };
}

/**
 * kafkajs' producer over brokers in memory, with the traps that functions/kafka/producer.ts names: it is not idempotent,
 * so what is sent again is appended again; a half-open connection stays; a partition whose leader has moved to a broker
 * that has answered already is left out of a success.
 */
export function producerClient(ports: ProducerPorts): ProducerFactory {
  return {
    producer({ createPartitioner = Partitioners.DefaultPartitioner }) {
      const { process, random, faults } = ports;
      const partitioner = createPartitioner();
      let isHalfOpen = false;
      return {
        async connect() {
          await process.sleep(random.int(5, 50));
          if (faults.strikes('kafka unreachable', `${process.name} connect`)) throw unreachable();
        },
        async disconnect() {},
        async send(record) {
          isHalfOpen ||= faults.strikes('kafka half open', process.name);
          const answered = new Map<number, readonly RecordMetadata[]>();
          for (let attempt = 1; ; attempt += 1) {
            const failure = isHalfOpen
              ? await afterTimeout(process)
              : await attemptOf(ports, batchesOf(ports, record, partitioner), answered);
            if (failure === undefined) return [...answered.values()].flat();
            if (failure.kind === 'refused') throw failure.error;
            if (attempt === ATTEMPTS) throw named('KafkaJSNumberOfRetriesExceeded', failure.error.message);
            await process.sleep(random.int(150, 1_000));
          }
        },
      };
    },
  };
}

interface Failure {
  /** `refused`: for good. */
  readonly kind: 'refused' | 'failed';
  readonly error: Error;
}

type Batches = ReadonlyMap<number, readonly Omit<TopicRecord, 'offset'>[]>;

function batchesOf(
  { topic, process, cluster }: ProducerPorts,
  record: ProducerRecord,
  partitioner: ReturnType<typeof Partitioners.DefaultPartitioner>,
): Batches {
  const partitionMetadata: PartitionMetadata[] = topic.partitions.map((_, partitionId) => ({
    partitionErrorCode: 0,
    partitionId,
    leader: cluster.leaders[partitionId] ?? 0,
    replicas: [],
    isr: [],
  }));
  const batches = new Map<number, Omit<TopicRecord, 'offset'>[]>();
  for (const message of record.messages) {
    const partition = partitioner({ topic: record.topic, partitionMetadata, message });
    const batch = batches.get(partition) ?? [];
    batch.push(toRecord(message, process.now()));
    batches.set(partition, batch);
  }
  return batches;
}

function toRecord({ key, value, headers }: Message, now: number): Omit<TopicRecord, 'offset'> {
  return {
    key: key === null || key === undefined ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    headers: Object.fromEntries(
      Object.entries(headers ?? {}).map(([name, text]) => [name, Buffer.from(String(text))]),
    ),
    timestamp: now,
  };
}

/** One request to each broker that hasn't answered and leads a partition; undefined if all of them succeed. */
async function attemptOf(
  ports: ProducerPorts,
  batches: Batches,
  answered: Map<number, readonly RecordMetadata[]>,
): Promise<Failure | undefined> {
  const byLeader = Map.groupBy(batches.keys(), (partition) => ports.cluster.leaders[partition] ?? 0);
  const failures = await Promise.all(
    [...byLeader].map(async ([broker, [first, ...others]]) => {
      if (answered.has(broker) || first === undefined) return undefined;
      const answer = await requestTo(ports, [first, ...others], batches);
      if ('error' in answer) return answer;
      answered.set(broker, answer.metadata);
      return undefined;
    }),
  );
  return failures.find((failure) => failure !== undefined);
}

function requestTo(
  { topic, cluster, batchLimit, process, clock, random, faults }: ProducerPorts,
  partitions: readonly [number, ...number[]],
  batches: Batches,
): Promise<Failure | { readonly metadata: readonly RecordMetadata[] }> {
  const where = `${process.name} produce to ${partitions}`;
  const metadata = partitions.map((partition) => ({
    topicName: topic.name,
    partition,
    errorCode: 0,
    baseOffset: '0',
  }));
  return new Promise((resolve) => {
    const latency = random.int(1, 10);
    const answer = (ms: number, what: Failure | { readonly metadata: readonly RecordMetadata[] }) =>
      process.after(ms, () => resolve(what));
    const append = (some: readonly number[]) => {
      for (const partition of some) topic.append(partition, batches.get(partition) ?? [], process.name);
    };
    const tooLarge = partitions.find((partition) => bytesOf(batches.get(partition) ?? []) > batchLimit());
    if (tooLarge !== undefined) {
      const error = protocolError('MESSAGE_TOO_LARGE');
      clock.after(latency, () => append(partitions.filter((partition) => partition !== tooLarge)));
      answer(2 * latency, { kind: 'refused', error });
    } else if (faults.strikes('kafka not authorized', where)) {
      answer(latency, { kind: 'refused', error: protocolError('TOPIC_AUTHORIZATION_FAILED') });
    } else if (faults.strikes('kafka unreachable', where)) {
      answer(latency, { kind: 'failed', error: unreachable() });
    } else if (faults.strikes('kafka request lost', where)) {
      answer(TIMEOUT_MS, { kind: 'failed', error: timedOut() });
    } else if (faults.strikes('kafka answer lost', where)) {
      clock.after(latency, () => append(partitions));
      answer(TIMEOUT_MS, { kind: 'failed', error: timedOut() });
    } else if (faults.strikes('kafka request late', where)) {
      clock.after(random.int(TIMEOUT_MS, LATE_MS), () => append(partitions));
      answer(TIMEOUT_MS, { kind: 'failed', error: timedOut() });
    } else if (faults.strikes('kafka leader moved', where)) {
      const moved = random.pick(partitions);
      cluster.leaders[moved] = ((cluster.leaders[moved] ?? 0) + random.int(1, BROKERS - 1)) % BROKERS;
      clock.after(latency, () => append(partitions.filter((partition) => partition !== moved)));
      answer(2 * latency, { kind: 'failed', error: protocolError('NOT_LEADER_FOR_PARTITION') });
    } else {
      clock.after(latency, () => {
        append(partitions);
        answer(random.int(1, 10), { metadata });
      });
    }
  });
}

async function afterTimeout(process: Process): Promise<Failure> {
  await process.sleep(TIMEOUT_MS);
  return { kind: 'failed', error: timedOut() };
}

function bytesOf(batch: readonly Omit<TopicRecord, 'offset'>[]): number {
  return batch.reduce((sum, { key, value, headers }) => {
    const headerBytes = Object.entries(headers).reduce(
      (all, [name, text]) => all + name.length + (text?.length ?? 0) + 2,
      0,
    );
    return sum + (key?.length ?? 0) + (value?.length ?? 0) + headerBytes + 20;
  }, 61);
}

const timedOut = () => named('KafkaJSRequestTimeoutError', 'Request Produce timed out');
const unreachable = () => named('KafkaJSConnectionError', 'connect ECONNREFUSED', 'ECONNREFUSED');
const protocolError = (type: string) => Object.assign(named('KafkaJSProtocolError', type), { type });
