/**
 * Saves orders in DynamoDB, each with its event in a second table, the outbox: one transaction holds both, or neither.
 *
 *     node lab/clients/dynamodb-outbox-write.ts --endpoint <url> --orders orders --outbox outbox --count 10
 *
 * It doesn't know Kafka: dynamodb-outbox-relay.ts publishes. A transaction is one request, and nothing can be between its writes;
 * who dies before the answer is in doesn't know whether it was carried out, and may ask again, as the order is written if there is none.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { DynamoDBClient, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';

const { values: options } = parseArgs({
  options: {
    brokers: { type: 'string' },
    endpoint: { type: 'string', default: '' },
    orders: { type: 'string', default: 'orders' },
    outbox: { type: 'string', default: 'outbox' },
    count: { type: 'string', default: '10' },
    /** The number of the first order. */
    from: { type: 'string', default: '1' },
    /** Dies when this order has been asked for, and isn't answered. */
    'crash-at': { type: 'string', default: '0' },
  },
});
const db = new DynamoDBClient({
  endpoint: options.endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'lab', secretAccessKey: 'lab' },
});

for (let n = Number(options.from); n <= Number(options.count); n++) {
  const orderId = `order-${n}`;
  const payload = JSON.stringify({ type: 'OrderPlaced', orderId, total: n * 100 });
  const order = { id: { S: orderId }, total: { N: String(n * 100) } };
  const event = { id: { S: randomUUID() }, key: { S: orderId }, payload: { S: payload } };
  const written = db.send(
    new TransactWriteItemsCommand({
      TransactItems: [
        {
          Put: {
            TableName: options.orders,
            Item: order,
            ConditionExpression: 'attribute_not_exists(id)',
          },
        },
        { Put: { TableName: options.outbox, Item: event } },
      ],
    }),
  );
  if (n === Number(options['crash-at'])) {
    await pause(5);
    process.kill(process.pid, 'SIGKILL');
  }
  await written.catch((error: Error) => {
    // The order is there, and its event with it.
    if (!error.message.includes('ConditionalCheckFailed')) throw error;
  });
}
