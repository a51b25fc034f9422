/** Email as it must not be: its ledger forgets everything between two batches. */

import { randomUUID } from 'node:crypto';
import { IN_REAL_TIME } from '../../functions/backoff.ts';
import { deadLetterStore } from '../../functions/dead-letters/store.ts';
import { dynamoDbClient } from '../../functions/dynamodb.ts';
import { emailHandler } from '../../functions/email/email.ts';
import { SEND_DEADLINE_MS, sesClient, sesSender } from '../../functions/email/ses.ts';
import type { KafkaHandler } from '../../functions/kafka/consume.ts';
import { functionLogger } from '../../functions/logger.ts';
import { inMemoryLedger } from '../support/in-memory-ledger.ts';
import { variablesOf } from './variables.ts';

const [consumer, mailFrom, letters] = variablesOf('CONSUMER_GROUP', 'MAIL_FROM', 'DEAD_LETTERS_TABLE');
const logger = functionLogger('email');
const writeDeadLetter = deadLetterStore(dynamoDbClient(), letters);

export const handler: KafkaHandler = (event, context) =>
  emailHandler({
    consumer,
    ledger: inMemoryLedger(),
    sendMail: sesSender(sesClient(), mailFrom, logger),
    sendDeadlineMs: SEND_DEADLINE_MS,
    writeDeadLetter,
    logger,
    now: Date.now,
    newId: randomUUID,
    waiting: IN_REAL_TIME,
  })(event, context);
