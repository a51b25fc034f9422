import * as z from 'zod';
import { readEnvironment, variable } from '../config.ts';
import { dynamoDbClient } from '../dynamodb.ts';
import { functionLogger } from '../logger.ts';
import { collect } from './collect.ts';
import { consumers } from './read-message.ts';
import { deadLetterStore } from './store.ts';

const environment = readEnvironment(
  z.object({ CONSUMERS: consumers, CONSUMER_GROUP: variable, DEAD_LETTERS_TABLE: variable }),
  process.env,
);

export const handler = collect({
  consumer: environment.CONSUMER_GROUP,
  groups: environment.CONSUMERS,
  writeDeadLetter: deadLetterStore(dynamoDbClient(), environment.DEAD_LETTERS_TABLE),
  logger: functionLogger('dead-letters'),
  now: Date.now,
});
