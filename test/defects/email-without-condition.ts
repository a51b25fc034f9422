/** Email as it must not be: it claims whatever stands there. */

import { randomUUID } from 'node:crypto';
import { IN_REAL_TIME } from '../../functions/backoff.ts';
import { deadLetterStore } from '../../functions/dead-letters/store.ts';
import { dynamoDbClient } from '../../functions/dynamodb.ts';
import { emailHandler } from '../../functions/email/email.ts';
import { SEND_DEADLINE_MS, sesClient, sesSender } from '../../functions/email/ses.ts';
import { dynamoDbLedger, type Ledger } from '../../functions/ledger/ledger.ts';
import { functionLogger } from '../../functions/logger.ts';
import { variablesOf } from './variables.ts';

const [consumer, mailFrom, letters, table] = variablesOf(
  'CONSUMER_GROUP',
  'MAIL_FROM',
  'DEAD_LETTERS_TABLE',
  'EMAIL_LEDGER_TABLE',
);
const logger = functionLogger('email');
const right = dynamoDbLedger(dynamoDbClient(), table, Date.now);
const insert: Ledger['insert'] = async (rows, signal) => {
  await right.put(rows, signal);
  return new Map([...rows.keys()].map((key) => [key, { kind: 'inserted' }]));
};

export const handler = emailHandler({
  consumer,
  ledger: { ...right, insert },
  sendMail: sesSender(sesClient(), mailFrom, logger),
  sendDeadlineMs: SEND_DEADLINE_MS,
  writeDeadLetter: deadLetterStore(dynamoDbClient(), letters),
  logger,
  now: Date.now,
  newId: randomUUID,
  waiting: IN_REAL_TIME,
});
