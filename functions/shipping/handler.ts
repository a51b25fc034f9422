import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { IN_REAL_TIME } from '../backoff.ts';
import { readEnvironment, variable } from '../config.ts';
import { deadLetterStore } from '../dead-letters/store.ts';
import { dynamoDbClient } from '../dynamodb.ts';
import { functionLogger } from '../logger.ts';
import { dynamoDbShipments } from './shipments.ts';
import { shippingHandler } from './shipping.ts';

const environment = readEnvironment(
  z.object({ SHIPMENTS_TABLE: variable, DEAD_LETTERS_TABLE: variable, CONSUMER_GROUP: variable }),
  process.env,
);
const dynamodb = dynamoDbClient();

export const handler = shippingHandler({
  consumer: environment.CONSUMER_GROUP,
  shipments: dynamoDbShipments(dynamodb, environment.SHIPMENTS_TABLE),
  writeDeadLetter: deadLetterStore(dynamodb, environment.DEAD_LETTERS_TABLE),
  logger: functionLogger('shipping'),
  now: Date.now,
  newId: randomUUID,
  waiting: IN_REAL_TIME,
});
