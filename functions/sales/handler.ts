import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { IN_REAL_TIME } from '../backoff.ts';
import { readEnvironment, variable } from '../config.ts';
import { deadLetterStore } from '../dead-letters/store.ts';
import { dynamoDbClient } from '../dynamodb.ts';
import { functionLogger } from '../logger.ts';
import { salesHandler } from './sales.ts';
import { dynamoDbSales } from './table.ts';

const environment = readEnvironment(
  z.object({ SALES_TABLE: variable, DEAD_LETTERS_TABLE: variable, CONSUMER_GROUP: variable }),
  process.env,
);
const dynamodb = dynamoDbClient();

export const handler = salesHandler({
  consumer: environment.CONSUMER_GROUP,
  sales: dynamoDbSales(dynamodb, environment.SALES_TABLE, environment.CONSUMER_GROUP),
  writeDeadLetter: deadLetterStore(dynamodb, environment.DEAD_LETTERS_TABLE),
  logger: functionLogger('sales'),
  now: Date.now,
  newId: randomUUID,
  waiting: IN_REAL_TIME,
});
