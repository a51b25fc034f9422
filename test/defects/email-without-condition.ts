/** Email as it must not be: its ledger forgets everything between two batches. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { emailHandler } from '../../functions/email/email-handler.ts';
import { SEND_DEADLINE_MS, sesClient, sesSender } from '../../functions/email/ses.ts';
import type { KafkaHandler } from '../../functions/kafka/consume.ts';
import { inMemoryLedger } from '../../functions/ledger/in-memory-ledger.ts';
import { functionLogger } from '../../functions/logger.ts';
import { variablesOf } from './variables.ts';

const [consumer, mailFrom] = variablesOf('CONSUMER_GROUP', 'MAIL_FROM');

export const handler: KafkaHandler = (event, context) =>
  emailHandler({
    consumer,
    ledger: inMemoryLedger(),
    sendMail: sesSender(sesClient(), mailFrom),
    sendDeadlineMs: SEND_DEADLINE_MS,
    writeDeadLetter: () => Promise.reject(new Error('no dead letters here')),
    logger: functionLogger('email'),
    now: Date.now,
    newId: randomUUID,
    waiting: { sleep, random: Math.random },
  })(event, context);
