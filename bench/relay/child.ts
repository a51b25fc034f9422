/**
 * The process of one contender: it takes its task from its argument, writes its result as a line, and waits to be ended.
 * Table and topic are its own, and deleted at its end.
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
import { chunksOf } from '../../functions/concurrency.ts';
import { type OutboxRow, toOutboxItem } from '../../functions/outbox/row.ts';
import { kafkaClient } from '../../local/kafka/client.ts';
import { placedRow } from '../../test/support/outbox-rows.ts';
import { givenTask, tellResult } from '../task.ts';
import { BATCH_SIZE, type RelayResult, type RelayTask } from './contract.ts';
import { movers } from './movers.ts';

const PARTITIONS = 3;
/** What one BatchWriteItem takes. */
const ROWS_WRITTEN = 25;

const { contender, bootstrapServers, warmUp, measured } = givenTask<RelayTask>();
const table = `bench-${randomUUID()}`;
const topic = `bench-${randomUUID()}`;
const dynamodb = new DynamoDBClient();
const admin = kafkaClient({ bootstrapServers, clientId: 'bench' }).admin();

tellResult(await measure());

async function measure(): Promise<RelayResult> {
  await Promise.all([createTable(), createTopic()]);
  const batches = chunksOf(
    Array.from({ length: warmUp + measured }, (_, n) => placedRow(`bench-${n}`)),
    BATCH_SIZE,
  );
  const move = await movers[contender]({ bootstrapServers, table, topic });
  if (contender !== 'bare producer') await fillTable(batches.flat());

  for (const batch of batches.slice(0, warmUp / BATCH_SIZE)) await move(batch);
  const [cpuBefore, begin] = [process.cpuUsage(), performance.now()];
  for (const batch of batches.slice(warmUp / BATCH_SIZE)) await move(batch);
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);

  await expectMoved();
  await Promise.all([
    dynamodb.send(new DeleteTableCommand({ TableName: table })),
    admin.deleteTopics({ topics: [topic] }),
  ]);
  await admin.disconnect();
  return { eventsPerSecond: measured / seconds, cpuMsPerEvent: (user + system) / 1000 / measured };
}

async function createTable(): Promise<void> {
  await dynamodb.send(
    new CreateTableCommand({
      TableName: table,
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

async function createTopic(): Promise<void> {
  await admin.connect();
  const configEntries = [{ name: 'max.message.bytes', value: String(72 * 1024) }];
  await admin.createTopics({
    waitForLeaders: true,
    topics: [{ topic, numPartitions: PARTITIONS, configEntries }],
  });
}

async function fillTable(rows: readonly OutboxRow[]): Promise<void> {
  for (const chunk of chunksOf(rows, ROWS_WRITTEN)) {
    const requests = chunk.map((row) => ({ PutRequest: { Item: toOutboxItem(row) } }));
    await dynamodb.send(new BatchWriteItemCommand({ RequestItems: { [table]: requests } }));
  }
}

/** Throws unless each event is on the topic once, and no row is left. */
async function expectMoved(): Promise<void> {
  const ends = await admin.fetchTopicOffsets(topic);
  const onTopic = ends.reduce((sum, { high }) => sum + Number(high), 0);
  const expected = contender === 'engine alone' ? 0 : warmUp + measured;
  const left = await dynamodb.send(new ScanCommand({ TableName: table, Select: 'COUNT' }));
  if (onTopic !== expected || left.Count !== 0) {
    throw new Error(`${onTopic} of ${expected} events are on the topic, ${left.Count} rows are left`);
  }
}
