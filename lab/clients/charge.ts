/**
 * Reads orders, and does something in a DynamoDB table for each: 100 is charged, say. It commits after the work, so that some of it
 * is asked for twice.
 *
 *     node lab/clients/charge.ts --brokers <host:port> --endpoint <url> --table charges --effect add-once
 *
 *     --effect set        the order's status is set to paid               twice is the same as once
 *     --effect add        100 is added to the sum of all orders           twice is 200
 *     --effect add-once   so it is, and the order noted, in one           the second time the order is there: the transaction
 *                         transaction                                     is refused, and with it the sum
 *     --effect insert     a row for the order, on condition that there    the second time the order is there: refused
 *                         is none
 *
 * An order is known by what the record says, and not by the record's offset: a copy of it lies at another one.
 */
import { parseArgs } from 'node:util';
import { DynamoDBClient, TransactWriteItemsCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { Kafka, logLevel } from 'kafkajs';
import { tell } from './tell.ts';

const { values: options } = parseArgs({
  options: {
    brokers: { type: 'string', default: '' },
    topic: { type: 'string', default: 'orders' },
    group: { type: 'string', default: 'billing-service' },
    name: { type: 'string', default: 'A' },
    /** Where DynamoDB is, and a table of it with the key `id`. */
    endpoint: { type: 'string', default: '' },
    table: { type: 'string', default: 'charges' },
    effect: { type: 'string', default: 'add-once' },
    /** Dies after its work on the n-th record, before the commit. */
    'crash-at': { type: 'string', default: '0' },
  },
});
const { topic, group, name: member, table: TableName } = options;

const db = new DynamoDBClient({
  endpoint: options.endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'lab', secretAccessKey: 'lab' },
});
const row = (id: string) => ({ TableName, Key: { id: { S: id } } });
const ifNew = { ConditionExpression: 'attribute_not_exists(id)' };
const add100 = {
  UpdateExpression: 'ADD amount :amount',
  ExpressionAttributeValues: { ':amount': { N: '100' } },
};
const toPaid = {
  UpdateExpression: 'SET #status = :paid',
  ExpressionAttributeNames: { '#status': 'status' },
  ExpressionAttributeValues: { ':paid': { S: 'paid' } },
};
const effects: Readonly<Record<string, (order: string) => Promise<unknown>>> = {
  set: (order) => db.send(new UpdateItemCommand({ ...row(order), ...toPaid })),
  add: () => db.send(new UpdateItemCommand({ ...row('sum'), ...add100 })),
  'add-once'(order) {
    const note = { Put: { TableName, Item: { id: { S: order } }, ...ifNew } };
    const sum = { Update: { ...row('sum'), ...add100 } };
    return db.send(new TransactWriteItemsCommand({ TransactItems: [note, sum] }));
  },
  insert: (order) => db.send(new UpdateItemCommand({ ...row(order), ...add100, ...ifNew })),
};

/** What else may be refused, as a table that isn't there, is no sign of a copy. */
function isCopy(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === 'ConditionalCheckFailedException') return true;
  return error.name === 'TransactionCanceledException' && error.message.includes('ConditionalCheckFailed');
}

const kafka = new Kafka({ clientId: member, brokers: options.brokers.split(','), logLevel: logLevel.ERROR });
const consumer = kafka.consumer({
  groupId: group,
  allowAutoTopicCreation: false,
  sessionTimeout: 3_000,
  heartbeatInterval: 300,
  maxWaitTimeInMs: 100,
});
consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
  tell({ type: 'assigned', group, member, topic, partitions: payload.memberAssignment[topic] ?? [] });
});
process.once('SIGINT', async () => {
  await consumer.disconnect();
  tell({ type: 'left', group, member, how: 'left' });
});

let worked = 0;
await consumer.connect();
await consumer.subscribe({ topics: [topic], fromBeginning: true });
await consumer.run({
  autoCommit: false,
  eachMessage: async ({ partition, message }) => {
    const offset = Number(message.offset);
    const record = { group, member, topic, partition, offset, key: message.key?.toString() ?? null };
    const order = message.value?.toString() ?? '';
    tell({ type: 'fate', ...record, fate: 'delivered' });
    try {
      await effects[options.effect]?.(order);
      tell({ type: 'fate', ...record, fate: 'done', text: order });
    } catch (error) {
      if (!isCopy(error)) throw error;
      tell({ type: 'fate', ...record, fate: 'duplicate', text: order });
    }
    worked += 1;
    if (worked === Number(options['crash-at'])) process.kill(process.pid, 'SIGKILL');
    await consumer.commitOffsets([{ topic, partition, offset: String(offset + 1) }]);
    tell({ type: 'committed', group, topic, partition, offset: offset + 1 });
  },
});
