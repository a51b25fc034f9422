import { randomBytes } from 'node:crypto';
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { IN_REAL_TIME } from '../backoff.ts';
import { readEnvironment, variable } from '../config.ts';
import { dynamoDbClient } from '../dynamodb.ts';
import { functionLogger } from '../logger.ts';
import { dynamoDbOrderStore } from '../outbox/order-store.ts';
import { type CheckoutEvent, checkoutHandler } from './checkout.ts';

const environment = readEnvironment(
  z.object({ ORDERS_TABLE: variable, OUTBOX_TABLE: variable }),
  process.env,
);
const logger = functionLogger('checkout');

const client = dynamoDbClient();
const tables = { orders: environment.ORDERS_TABLE, outbox: environment.OUTBOX_TABLE };
const checkout = checkoutHandler({
  store: (signal) => dynamoDbOrderStore(client, tables, signal),
  waiting: IN_REAL_TIME,
  logger,
  now: () => new Date(),
  randomBytes,
});

/** Entry of the function `checkout`: an HTTP API, payload format 2.0. */
export function handler(event: CheckoutEvent, context: Context) {
  logger.addContext(context);
  return checkout(event, context);
}
