import { setTimeout as sleep } from 'node:timers/promises';
import type { Context, DynamoDBStreamEvent } from 'aws-lambda';
import * as z from 'zod';
import { readEnvironment, variable } from '../config.ts';
import { dynamoDbClient } from '../dynamodb.ts';
import { kafkaClient, kafkaEnvironment } from '../kafka/client.ts';
import { kafkaPublisher } from '../kafka/producer.ts';
import { functionLogger } from '../logger.ts';
import { dynamoDbOutbox } from './dynamodb-outbox.ts';
import { relayHandler } from './relay.ts';

const environment = readEnvironment(
  z.object({ OUTBOX_TABLE: variable, TOPIC: variable, ...kafkaEnvironment }),
  process.env,
);
const logger = functionLogger('relay');

const relay = relayHandler({
  outbox: dynamoDbOutbox(dynamoDbClient(), environment.OUTBOX_TABLE, { sleep, random: Math.random }),
  publisher: kafkaPublisher(() => kafkaClient('orderly-relay', environment), Date.now),
  topic: environment.TOPIC,
  logger,
});

/** Entry of the function `relay`: the stream of the outbox table. */
export function handler(event: DynamoDBStreamEvent, context: Context) {
  logger.addContext(context);
  return relay(event);
}
