import { type ICustomPartitioner, Partitioners, type Producer, type ProducerConfig } from 'kafkajs';
import { IN_REAL_TIME, type Timing } from '../backoff.ts';
import { anyOf, endBy } from '../deadline.ts';
import { type EventPublisher, PublishError, type PublishRecord } from './publisher.ts';

/** The broker's time for its replicas, below the client's for the whole request. */
const ACK_TIMEOUT_MS = 3_000;
/** After this long unused, say in a frozen environment, a connection is taken for dead: brokers close at 10 minutes. */
const MAX_IDLE_MS = 5 * 60_000;
/** Of a `publish` with all its attempts: two clients, each with three requests of four seconds and the pauses between. */
const PUBLISH_MS = 25_000;
/** Broker errors that condemn the records themselves, not the moment. */
const REFUSALS: ReadonlySet<string> = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_TIMESTAMP',
  'INVALID_RECORD',
]);
/** Errors after which kafkajs would go on with the same, perhaps half-open, connection. */
const SUSPECT: ReadonlySet<string> = new Set([
  'KafkaJSRequestTimeoutError',
  'KafkaJSNumberOfRetriesExceeded',
  'KafkaJSConnectionClosedError',
]);

/** What is used of a kafkajs client. */
export interface ProducerFactory {
  producer(config: ProducerConfig): Pick<Producer, 'connect' | 'send' | 'disconnect'>;
}
type Connected = ReturnType<ProducerFactory['producer']>;

/** A publisher that can be closed; a function's is kept for the life of its environment. */
export interface KafkaPublisher extends EventPublisher {
  close(): Promise<void>;
}

/**
 * Publishes with kafkajs, as its traps demand. It connects at the first `publish` and stays connected.
 *
 * - Not idempotent: kafkajs may reuse a sequence number after an unknown outcome, and the broker then drops the wrong
 *   batch. Consumers know an event by its id.
 * - A half-open connection is never replaced by kafkajs, so after a suspect error a new client sends the same records
 *   once more; copies of an event are equal.
 * - When the leader of a partition moves to a broker that has answered already, kafkajs leaves that partition out and
 *   reports success, so the partitions that answered are compared with those that were sent to.
 *
 * - Its own deadlines are those of single requests, so a `publish` has one of its own: 25 seconds, or its caller's signal,
 *   after which its client is given up and nothing more of it is sent.
 *
 * `newClient` makes a client; `now` is epoch milliseconds.
 */
export function kafkaPublisher(
  newClient: () => ProducerFactory,
  now: () => number,
  { timeout }: Pick<Timing, 'timeout'> = IN_REAL_TIME,
): KafkaPublisher {
  const partitioner = observedPartitioner();
  let producer: Promise<Connected> | undefined;
  let lastUsed = 0;
  let turn: Promise<unknown> = Promise.resolve();

  function connected(): Promise<Connected> {
    if (now() - lastUsed > MAX_IDLE_MS) abandon(producer);
    producer ??= connect(newClient, partitioner.create);
    lastUsed = now();
    return producer;
  }

  /** Not awaited: closing waits for answers that a dead connection never brings, and its failure changes nothing. */
  function abandon(which: Promise<Connected> | undefined): void {
    which?.then((old) => old.disconnect()).catch(() => undefined);
    // One that was given up may fail when another one is in its place.
    if (producer === which) producer = undefined;
  }

  async function send(
    client: Promise<Connected>,
    topic: string,
    records: readonly PublishRecord[],
  ): Promise<void> {
    const active = await client;
    partitioner.reset();
    const answers = await active.send({
      topic,
      acks: -1,
      timeout: ACK_TIMEOUT_MS,
      messages: records.map(toMessage),
    });
    const answered = new Set(answers.map(({ partition }) => partition));
    const missing = [...partitioner.sentTo()].filter((partition) => !answered.has(partition));
    if (missing.length > 0) throw new UnansweredPartitions(missing);
  }

  /** Only a client that ended with success or an answer about the records is used again. */
  async function attempt(topic: string, records: readonly PublishRecord[]): Promise<void> {
    const client = connected();
    try {
      await send(client, topic, records);
    } catch (error) {
      if (!isRefusal(error)) abandon(client);
      throw error;
    }
  }

  async function attemptTwice(
    topic: string,
    records: readonly PublishRecord[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const end = anyOf(timeout(PUBLISH_MS), signal);
    try {
      await endBy(end, () =>
        attempt(topic, records).catch((error: unknown) => {
          if (end.aborted || !isSuspect(error)) throw error;
          return attempt(topic, records);
        }),
      );
    } catch (error) {
      if (end.aborted) abandon(producer);
      throw new PublishError(isRefusal(error) ? 'RECORDS_REFUSED' : 'PUBLISH_FAILED', topic, error);
    }
  }

  return {
    publish(topic, records, signal) {
      const sent = turn.then(() => attemptTwice(topic, records, signal));
      turn = sent.catch(() => undefined);
      return sent;
    },
    partitionOf: partitioner.partitionOf,
    async close() {
      await turn;
      await (await producer)?.disconnect();
      producer = undefined;
    },
  };
}

async function connect(
  newClient: () => ProducerFactory,
  createPartitioner: ICustomPartitioner,
): Promise<Connected> {
  const producer = newClient().producer({ allowAutoTopicCreation: false, createPartitioner });
  await producer.connect();
  return producer;
}

/** Java's murmur2 partitioner, which also remembers how many partitions there are and which of them were used. */
function observedPartitioner() {
  const murmur2 = Partitioners.DefaultPartitioner();
  const counts = new Map<string, number>();
  const used = new Set<number>();
  const create: ICustomPartitioner = () => (args) => {
    const partition = murmur2(args);
    counts.set(args.topic, args.partitionMetadata.length);
    used.add(partition);
    return partition;
  };
  return {
    create,
    reset: () => used.clear(),
    sentTo: (): ReadonlySet<number> => used,
    /** The partitioner reads nothing of the metadata but its length. */
    partitionOf(topic: string, key: string): number {
      const count = counts.get(topic);
      if (count === undefined) return 0;
      return murmur2({ topic, partitionMetadata: new Array(count), message: { key, value: null } });
    },
  };
}

function toMessage({ key, value, headers }: PublishRecord) {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return { key, value: bytes, headers: { ...headers } };
}

/** kafkajs reported success for a request whose partitions did not all answer. */
class UnansweredPartitions extends Error {
  constructor(partitions: readonly number[]) {
    super(`no answer for partitions ${partitions.join(', ')}`);
    this.name = 'UnansweredPartitions';
  }
}

function isSuspect(error: unknown): boolean {
  return error instanceof UnansweredPartitions || (error instanceof Error && SUSPECT.has(error.name));
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'type' in error && REFUSALS.has(String(error.type));
}
