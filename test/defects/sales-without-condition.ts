/** Sales as it must not be: it adds up what it gets, whether it has counted it or not. */

import { randomUUID } from 'node:crypto';
import type { TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { IN_REAL_TIME } from '../../functions/backoff.ts';
import { deadLetterStore } from '../../functions/dead-letters/store.ts';
import { dynamoDbClient } from '../../functions/dynamodb.ts';
import { functionLogger } from '../../functions/logger.ts';
import { salesHandler } from '../../functions/sales/sales.ts';
import { dynamoDbSales } from '../../functions/sales/table.ts';
import { variablesOf } from './variables.ts';

const [sales, consumer, letters] = variablesOf('SALES_TABLE', 'CONSUMER_GROUP', 'DEAD_LETTERS_TABLE');
const dynamodb = dynamoDbClient();
dynamodb.middlewareStack.add(
  (next) => (args) => {
    const { TransactItems: items } = args.input as TransactWriteItemsCommand['input'];
    for (const { Put: put } of items ?? []) {
      if (put === undefined) continue;
      put.ConditionExpression = undefined;
      put.ExpressionAttributeNames = undefined;
    }
    return next(args);
  },
  { step: 'initialize' },
);

export const handler = salesHandler({
  consumer,
  sales: dynamoDbSales(dynamodb, sales, consumer),
  writeDeadLetter: deadLetterStore(dynamodb, letters),
  logger: functionLogger('sales'),
  now: Date.now,
  newId: randomUUID,
  waiting: IN_REAL_TIME,
});
