import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { IN_REAL_TIME } from '../backoff.ts';
import { readEnvironment, variable } from '../config.ts';
import { deadLetterStore } from '../dead-letters/store.ts';
import { dynamoDbClient } from '../dynamodb.ts';
import { dynamoDbLedger } from '../ledger/ledger.ts';
import { functionLogger } from '../logger.ts';
import { emailHandler } from './email.ts';
import { SEND_DEADLINE_MS, sesClient, sesSender } from './ses.ts';

const environment = readEnvironment(
  z.object({
    EMAIL_LEDGER_TABLE: variable,
    DEAD_LETTERS_TABLE: variable,
    CONSUMER_GROUP: variable,
    MAIL_FROM: variable,
  }),
  process.env,
);
const dynamodb = dynamoDbClient();
const logger = functionLogger('email');

export const handler = emailHandler({
  consumer: environment.CONSUMER_GROUP,
  ledger: dynamoDbLedger(dynamodb, environment.EMAIL_LEDGER_TABLE, Date.now),
  sendMail: sesSender(sesClient(), environment.MAIL_FROM, logger),
  sendDeadlineMs: SEND_DEADLINE_MS,
  writeDeadLetter: deadLetterStore(dynamodb, environment.DEAD_LETTERS_TABLE),
  logger,
  now: Date.now,
  newId: randomUUID,
  waiting: IN_REAL_TIME,
});
