import { TransactionCanceledException, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { mapConcurrently } from '../../functions/concurrency.ts';
import { dynamoDbClient } from '../../functions/dynamodb.ts';
import type { ConsumerContender } from '../workloads/consumers.ts';
import { type PlacedOrder, placedOrders } from '../workloads/orders.ts';

/** More at once are only in each other's way: all of them raise the same sum. */
const IN_FLIGHT = 10;

/** What a careful hand writes to count once: for each record a transaction of its row and the sum. */
export const transactionEach: ConsumerContender = ({ salesTable: TableName }) => {
  const client = dynamoDbClient();
  const count = async ({ eventId, data: { currency, lines, total, placedAt } }: PlacedOrder) => {
    const items = lines.reduce((sum, { quantity }) => sum + quantity, 0);
    const row = { key: { S: `sales-service#${eventId}` }, part: { S: 'counted' } };
    try {
      await client.send(
        new TransactWriteItemsCommand({
          TransactItems: [
            {
              Put: {
                TableName,
                Item: row,
                ConditionExpression: 'attribute_not_exists(#key)',
                ExpressionAttributeNames: { '#key': 'key' },
              },
            },
            {
              Update: {
                TableName,
                Key: { key: { S: placedAt.slice(0, 10) }, part: { S: currency } },
                UpdateExpression: 'ADD orders :one, #items :items, revenue :total',
                ExpressionAttributeNames: { '#items': 'items' },
                ExpressionAttributeValues: {
                  ':one': { N: '1' },
                  ':items': { N: String(items) },
                  ':total': { N: String(total) },
                },
              },
            },
          ],
        }),
      );
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      if (error.CancellationReasons?.[0]?.Code !== 'ConditionalCheckFailed') throw error;
    }
  };
  return async (event) => {
    await mapConcurrently(placedOrders(event), IN_FLIGHT, count);
  };
};
