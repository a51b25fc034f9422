import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { readEnvironment, variable } from '../config.ts';
import { dynamoDbClient } from '../dynamodb.ts';
import { functionLogger } from '../logger.ts';
import { type CheckoutEvent, checkoutHandler } from './checkout.ts';
import { dynamoDbOrderStore } from './dynamodb-order-store.ts';

const environment = readEnvironment(
  z.object({ ORDERS_TABLE: variable, OUTBOX_TABLE: variable }),
  process.env,
);
const logger = functionLogger('checkout');

const checkout = checkoutHandler({
  store: dynamoDbOrderStore(dynamoDbClient(), {
    orders: environment.ORDERS_TABLE,
    outbox: environment.OUTBOX_TABLE,
  }),
  waiting: { sleep, random: Math.random },
  logger,
  now: () => new Date(),
  randomBytes,
});

/** Entry of the function `checkout`: an HTTP API, payload format 2.0. */
export function handler(event: CheckoutEvent, context: Context) {
  logger.addContext(context);
  return checkout(event);
}
