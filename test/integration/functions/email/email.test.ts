import { randomUUID } from 'node:crypto';
import { CreateEmailIdentityCommand, SESv2Client } from '@aws-sdk/client-sesv2';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { deadLetterStore } from '../../../../functions/dead-letters/store.ts';
import { emailHandler } from '../../../../functions/email/email.ts';
import { SEND_DEADLINE_MS, sesSender } from '../../../../functions/email/ses.ts';
import { dynamoDbLedger } from '../../../../functions/ledger/ledger.ts';
import type { Logger } from '../../../../functions/logger.ts';
import type { EncodedEvent } from '../../../../functions/orders/wire.ts';
import { consumer, recordedConsumer } from '../../../support/consumer.ts';
import { scan, testClient, testTable } from '../../../support/dynamodb.ts';
import { testEngines } from '../../../support/engines.ts';
import { anOrder, cancelledEvent, placedEvent } from '../../../support/orders.ts';

const order = anOrder('email');
const [P, _C] = [placedEvent(order), cancelledEvent(order)];
const many = (count: number) => Array.from({ length: count }, (_, n) => placedEvent(anOrder(`many-${n}`)));

const mail = z.object({
  Source: z.string(),
  To: z.array(z.string()),
  Subject: z.string(),
  BodyText: z.string(),
  BodyHtml: z.string(),
});

/** A sender of this test's own, verified, and what MiniStack sent in its name. */
async function mailbox(logger: Logger) {
  const endpoint = testEngines().ministack;
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new SESv2Client({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
  onTestFinished(() => client.destroy());
  const from = `orders@${randomUUID()}.example.com`;
  const verify = () => client.send(new CreateEmailIdentityCommand({ EmailIdentity: from }));
  const sent = async () => {
    const answer = await fetch(`${endpoint}/_ministack/ses/messages`);
    const { messages } = z
      .object({ messages: z.record(z.string(), z.array(mail)) })
      .parse(await answer.json());
    return Object.values(messages)
      .flat()
      .filter(({ Source }) => Source === from);
  };
  return { send: sesSender(client, from, logger), verify, sent };
}

describe.each(['ministack', 'dynamodbLocal'] as const)('email on %s', (engine) => {
  async function fixture({ verified = true } = {}) {
    const client = testClient(testEngines()[engine]);
    const ledger = await testTable(client, { hash: 'eventKey' });
    const letters = await testTable(client, { hash: 'consumer', range: { name: 'recordId', type: 'S' } });
    const recorded = recordedConsumer({ writeDeadLetter: deadLetterStore(client, letters) });
    const box = await mailbox(recorded.ports.logger);
    if (verified) await box.verify();
    const given = consumer(
      (ports) =>
        emailHandler({
          ...ports,
          ledger: dynamoDbLedger(client, ledger, ports.now),
          sendMail: box.send,
          sendDeadlineMs: SEND_DEADLINE_MS,
        }),
      recorded,
    );
    return {
      ...box,
      deliver: async (...events: EncodedEvent[]) => {
        await given.deliver(...events);
        return given.counts();
      },
      lines: recorded.lines,
      ledger: () => scan(client, ledger),
      letters: () => scan(client, letters),
    };
  }

  it('thanks for an order, in text and in HTML', async () => {
    const { deliver, sent, ledger } = await fixture();
    expect(await deliver(P)).toMatchObject({ done: 1 });
    expect(await sent()).toMatchObject([
      {
        To: ['anna@example.com'],
        Subject: `Thank you for your order ${order.orderId}`,
        BodyText: expect.stringContaining('2 x Tea at €4.50: €9.00'),
        BodyHtml: expect.stringContaining('<strong>€9.00</strong>'),
      },
    ]);
    expect(await ledger()).toMatchObject([
      { eventKey: { S: `test-service#${order.orderId}.1` }, status: { S: 'SENT' } },
    ]);
  });

  it('waits while the sender is not verified, and says once what is to be done', async () => {
    const { deliver, sent, letters, verify, lines } = await fixture({ verified: false });
    expect(await deliver(P, ...many(30))).toMatchObject({ done: 0, retry: 31, deadLetter: 0 });
    expect(await letters()).toEqual([]);
    const told = lines.filter(({ message }) => message.startsWith('mails wait: '));
    expect(told).toMatchObject([{ fields: { code: 'IDENTITY_NOT_VERIFIED' } }]);

    await verify();
    expect(await deliver(P, ...many(30))).toMatchObject({ done: 31 });
    expect(await sent()).toHaveLength(31);
  });
});
