/** Shipping as it must not be: what it can't read it takes for done, and writes no letter. */

import { randomUUID } from 'node:crypto';
import { IN_REAL_TIME } from '../../functions/backoff.ts';
import { dynamoDbClient } from '../../functions/dynamodb.ts';
import { functionLogger } from '../../functions/logger.ts';
import { dynamoDbShipments } from '../../functions/shipping/shipments.ts';
import { shippingHandler } from '../../functions/shipping/shipping.ts';
import { variablesOf } from './variables.ts';

const [shipments, consumer] = variablesOf('SHIPMENTS_TABLE', 'CONSUMER_GROUP');

export const handler = shippingHandler({
  consumer,
  shipments: dynamoDbShipments(dynamoDbClient(), shipments),
  writeDeadLetter: async () => undefined,
  logger: functionLogger('shipping'),
  now: Date.now,
  newId: randomUUID,
  waiting: IN_REAL_TIME,
});
