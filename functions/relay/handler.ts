import type { Context, DynamoDBStreamEvent, ScheduledEvent } from 'aws-lambda';
import * as z from 'zod';
import { IN_REAL_TIME } from '../backoff.ts';
import { readEnvironment, variable } from '../config.ts';
import { dynamoDbClient } from '../dynamodb.ts';
import { kafkaClient, kafkaEnvironment } from '../kafka/client.ts';
import { kafkaPublisher } from '../kafka/producer.ts';
import { functionLogger } from '../logger.ts';
import { dynamoDbOutbox, outboxPages } from './outbox.ts';
import { type RelayPorts, relayHandler, sweepHandler } from './relay.ts';

const environment = readEnvironment(
  z.object({ OUTBOX_TABLE: variable, TOPIC: variable, ...kafkaEnvironment }),
  process.env,
);
const logger = functionLogger('relay');

const client = dynamoDbClient();
const ports: RelayPorts = {
  outbox: dynamoDbOutbox(client, environment.OUTBOX_TABLE),
  publisher: kafkaPublisher(() => kafkaClient('orderly-relay', environment), Date.now),
  topic: environment.TOPIC,
  timeout: IN_REAL_TIME.timeout,
  logger,
};
const relay = relayHandler(ports);
const sweep = sweepHandler({
  ...ports,
  pages: () => outboxPages(client, environment.OUTBOX_TABLE),
  clock: Date.now,
});

/** Entry of the function `relay`: the stream of the outbox table, and its schedule. */
export function handler(event: DynamoDBStreamEvent | ScheduledEvent, context: Context) {
  logger.addContext(context);
  return 'Records' in event ? relay(event, context) : sweep(() => context.getRemainingTimeInMillis());
}
