/**
 * Publishes what lies in the outbox table of DynamoDB. The table's stream says when to look: it is a wake-up, and the table is the truth.
 *
 *     node lab/clients/dynamodb-outbox-relay.ts --brokers <host:port> --topic orders --endpoint <url> --outbox outbox
 *
 *     wake-up ──> read the row ──> publish, acks=all ──> delete
 *                  └─ it is gone: published already   └─ a crash here: it is published again
 *
 * `--sweep`: looks through the whole table when it starts, for rows whose wake-up nobody heard: a stream keeps them for a day.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import {
  type AttributeValue,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  paginateScan,
} from '@aws-sdk/client-dynamodb';
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListStreamsCommand,
} from '@aws-sdk/client-dynamodb-streams';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { quietRequestQueues } from '../../local/kafka/quiet.ts';
import { tell } from './tell.ts';

const { values: options } = parseArgs({
  options: {
    brokers: { type: 'string', default: '' },
    topic: { type: 'string', default: 'orders' },
    endpoint: { type: 'string', default: '' },
    outbox: { type: 'string', default: 'outbox' },
    sweep: { type: 'boolean', default: false },
    /** Dies when so many are published, before it deletes the last of them. */
    'crash-at': { type: 'string', default: '0' },
  },
});
const { topic, outbox: TableName, endpoint } = options;
const aws = { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'lab', secretAccessKey: 'lab' } };
const db = new DynamoDBClient(aws);
const streams = new DynamoDBStreamsClient(aws);
quietRequestQueues();
const kafka = new Kafka({ clientId: 'relay', brokers: options.brokers.split(','), logLevel: logLevel.ERROR });
const producer = kafka.producer({
  createPartitioner: Partitioners.DefaultPartitioner,
  allowAutoTopicCreation: false,
});
await producer.connect();

let published = 0;
async function relay({ id, key, payload }: Record<string, AttributeValue>) {
  const message = { key: key?.S ?? null, value: payload?.S ?? null, headers: { id: id?.S } };
  const [written] = await producer.send({ topic, acks: -1, messages: [message] });
  const { partition = 0, baseOffset = '0' } = written ?? {};
  tell({ type: 'appended', topic, partition, offset: Number(baseOffset), key: message.key });
  published += 1;
  if (published === Number(options['crash-at'])) process.kill(process.pid, 'SIGKILL');
  await db.send(new DeleteItemCommand({ TableName, Key: { id: id ?? { S: '' } } }));
}

let ended = false;
process.once('SIGINT', () => {
  ended = true;
});

// What is written from now on is told by the stream. A table this small has one shard; Lambda follows them as they split.
const { Streams: [stream] = [] } = await streams.send(new ListStreamsCommand({ TableName }));
const StreamArn = stream?.StreamArn;
const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }));
const ShardId = StreamDescription?.Shards?.[0]?.ShardId;
let { ShardIterator } = await streams.send(
  new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: 'LATEST' }),
);
if (options.sweep) {
  for await (const { Items = [] } of paginateScan({ client: db }, { TableName, ConsistentRead: true })) {
    for (const row of Items) await relay(row);
  }
}
tell({ type: 'step', text: 'a relay waits for wake-ups' });
while (!ended && ShardIterator !== undefined) {
  const { Records = [], NextShardIterator } = await streams.send(new GetRecordsCommand({ ShardIterator }));
  for (const { eventName, dynamodb } of Records) {
    if (eventName !== 'INSERT') continue;
    const Key = { id: { S: dynamodb?.Keys?.id?.S ?? '' } };
    const { Item } = await db.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
    if (Item !== undefined) await relay(Item);
  }
  ShardIterator = NextShardIterator;
  if (Records.length === 0) await pause(100);
}
await producer.disconnect();
