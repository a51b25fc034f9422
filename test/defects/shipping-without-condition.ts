/** Shipping as it must not be: it writes every shipment, whether there is one or not. */

import { randomUUID } from 'node:crypto';
import { type AttributeValue, BatchWriteItemCommand } from '@aws-sdk/client-dynamodb';
import { IN_REAL_TIME } from '../../functions/backoff.ts';
import { deadLetterStore } from '../../functions/dead-letters/store.ts';
import { dynamoDbClient } from '../../functions/dynamodb.ts';
import { functionLogger } from '../../functions/logger.ts';
import { dynamoDbShipments } from '../../functions/shipping/shipments.ts';
import { shippingHandler } from '../../functions/shipping/shipping.ts';
import { variablesOf } from './variables.ts';

const [shipments, consumer, letters] = variablesOf('SHIPMENTS_TABLE', 'CONSUMER_GROUP', 'DEAD_LETTERS_TABLE');
const dynamodb = dynamoDbClient();

async function put(items: readonly Record<string, AttributeValue>[]): Promise<void> {
  for (let start = 0; start < items.length; start += 25) {
    const requests = items.slice(start, start + 25).map((Item) => ({ PutRequest: { Item } }));
    await dynamodb.send(new BatchWriteItemCommand({ RequestItems: { [shipments]: requests } }));
  }
}

export const handler = shippingHandler({
  consumer,
  shipments: {
    ...dynamoDbShipments(dynamodb, shipments),
    async insert(items) {
      await put(items);
      return new Map(items.map((item) => [item.orderId?.S ?? '', { kind: 'inserted' as const }]));
    },
  },
  writeDeadLetter: deadLetterStore(dynamodb, letters),
  logger: functionLogger('shipping'),
  now: Date.now,
  newId: randomUUID,
  waiting: IN_REAL_TIME,
});
