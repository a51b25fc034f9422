/**
 * What it takes to move events to the topic, seen from inside the process that does it. Table and topic are its own, and
 * deleted at its end.
 *
 *     rows written │ warm-up │ measured │ is everything on the topic, and nothing in the table?
 */
import { randomUUID } from 'node:crypto';
import {
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { IN_REAL_TIME } from '../../functions/backoff.ts';
import { chunksOf } from '../../functions/concurrency.ts';
import { dynamoDbClient } from '../../functions/dynamodb.ts';
import { kafkaClient as functionsClient } from '../../functions/kafka/client.ts';
import { kafkaPublisher } from '../../functions/kafka/producer.ts';
import { functionLogger } from '../../functions/logger.ts';
import { type OutboxRow, toOutboxItem } from '../../functions/outbox/row.ts';
import { dynamoDbOutbox } from '../../functions/relay/outbox.ts';
import { planDeletes } from '../../functions/relay/plan.ts';
import { relayHandler } from '../../functions/relay/relay.ts';
import { kafkaClient } from '../../local/kafka/client.ts';
import { placedRow, streamEvent } from '../../test/support/outbox-rows.ts';

/** As many as a batch of the outbox's stream has at most. */
export const BATCH_SIZE = 100;
/** Enough for each to run some seconds; whole batches. */
export const EVENTS = { warmUp: 2_000, measured: 10_000 } as const;
const PARTITIONS = 3;
/** What one BatchWriteItem takes. */
const ROWS_WRITTEN = 25;

/** Where events are moved from and to. */
interface Places {
  readonly bootstrapServers: string;
  readonly table: string;
  readonly topic: string;
}

type Rows = readonly OutboxRow[];
/** Moves one batch of events. */
type Move = (rows: Rows) => Promise<unknown>;

export type MoverName = keyof typeof MOVERS;

export type Moved = {
  readonly eventsPerSecond: number;
  /** User and system time of the process, in milliseconds. */
  readonly cpuMsPerEvent: number;
};

const outboxOf = (table: string) => dynamoDbOutbox(dynamoDbClient(), table);

/** Who moves events. */
export const MOVERS = {
  /** As deployed, but for TLS and IAM. */
  async relay({ bootstrapServers, table, topic }: Places) {
    const environment = {
      KAFKA_BOOTSTRAP_SERVERS: bootstrapServers,
      KAFKA_AUTH: 'none' as const,
      AWS_REGION: 'us-east-1',
    };
    const handle = relayHandler({
      outbox: outboxOf(table),
      publisher: kafkaPublisher(() => functionsClient('bench-relay', environment), Date.now),
      topic,
      timeout: IN_REAL_TIME.timeout,
      logger: functionLogger('relay'),
    });
    return (rows: Rows) => handle(streamEvent(rows), { getRemainingTimeInMillis: () => 60_000 });
  },

  /** The relay's own reads and deletes, and nothing between them. */
  async 'engine alone'({ table }: Places) {
    const store = outboxOf(table);
    return async (rows: Rows) => {
      await store.readFirstEvents(rows.map(({ orderId }) => orderId));
      await Promise.all(planDeletes(rows).map((keys) => store.delete(keys)));
    };
  },

  /** kafkajs as it comes, one batch after the other. */
  async 'bare producer'({ bootstrapServers, topic }: Places) {
    const producer = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING }).producer();
    await producer.connect();
    return (rows: Rows) =>
      producer.send({
        topic,
        acks: -1,
        messages: rows.map(({ event: { key, value, headers } }) => ({
          key,
          value: Buffer.from(value),
          headers: { ...headers },
        })),
      });
  },
} satisfies Record<string, (places: Places) => Promise<Move>>;

const dynamodb = new DynamoDBClient();

export async function measure({
  mover,
  bootstrapServers,
}: {
  readonly mover: MoverName;
  readonly bootstrapServers: string;
}): Promise<Moved> {
  const { warmUp, measured } = EVENTS;
  const places = { bootstrapServers, table: `bench-${randomUUID()}`, topic: `bench-${randomUUID()}` };
  const { table, topic } = places;
  const admin = kafkaClient({ bootstrapServers, clientId: 'bench' }).admin();
  await Promise.all([createTable(table), createTopic(admin, topic)]);
  const batches = chunksOf(
    Array.from({ length: warmUp + measured }, (_, n) => placedRow(`bench-${n}`)),
    BATCH_SIZE,
  );
  const move: Move = await MOVERS[mover](places);
  if (mover !== 'bare producer') await fillTable(table, batches.flat());

  for (const batch of batches.slice(0, warmUp / BATCH_SIZE)) await move(batch);
  const [cpuBefore, begin] = [process.cpuUsage(), performance.now()];
  for (const batch of batches.slice(warmUp / BATCH_SIZE)) await move(batch);
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);

  await expectMoved(admin, places, mover === 'engine alone' ? 0 : warmUp + measured);
  await Promise.all([
    dynamodb.send(new DeleteTableCommand({ TableName: table })),
    admin.deleteTopics({ topics: [topic] }),
  ]);
  await admin.disconnect();
  return { eventsPerSecond: measured / seconds, cpuMsPerEvent: (user + system) / 1000 / measured };
}

async function createTable(TableName: string): Promise<void> {
  await dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'orderId', AttributeType: 'S' },
        { AttributeName: 'seq', AttributeType: 'N' },
      ],
      KeySchema: [
        { AttributeName: 'orderId', KeyType: 'HASH' },
        { AttributeName: 'seq', KeyType: 'RANGE' },
      ],
    }),
  );
}

async function createTopic(admin: Admin, topic: string): Promise<void> {
  await admin.connect();
  const configEntries = [{ name: 'max.message.bytes', value: String(72 * 1024) }];
  await admin.createTopics({
    waitForLeaders: true,
    topics: [{ topic, numPartitions: PARTITIONS, configEntries }],
  });
}

async function fillTable(table: string, rows: Rows): Promise<void> {
  for (const chunk of chunksOf(rows, ROWS_WRITTEN)) {
    const requests = chunk.map((row) => ({ PutRequest: { Item: toOutboxItem(row) } }));
    await dynamodb.send(new BatchWriteItemCommand({ RequestItems: { [table]: requests } }));
  }
}

/** Throws unless each event is on the topic once, and no row is left. */
async function expectMoved(admin: Admin, { table, topic }: Places, expected: number): Promise<void> {
  const ends = await admin.fetchTopicOffsets(topic);
  const onTopic = ends.reduce((sum, { high }) => sum + Number(high), 0);
  const left = await dynamodb.send(new ScanCommand({ TableName: table, Select: 'COUNT' }));
  if (onTopic !== expected || left.Count !== 0) {
    throw new Error(`${onTopic} of ${expected} events are on the topic, ${left.Count} rows are left`);
  }
}
