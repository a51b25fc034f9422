import { describe, expect, it } from 'vitest';
import { StatementError } from '../../../../functions/dynamodb.ts';
import { LEASE_MS } from '../../../../functions/ledger/claim.ts';
import { LAMBDA_CONTEXT, recordedConsumer } from '../../../support/consumer.ts';
import { type EmailParts, emailOver } from '../../../support/consumers.ts';
import { kafkaEventOf } from '../../../support/kafka-event.ts';
import { anOrder, placedEvent } from '../../../support/orders.ts';

/** A provider that takes every mail and says nothing, and when it was asked, in milliseconds from the beginning. */
async function triesOf(parts: (right: EmailParts) => Partial<EmailParts>): Promise<number[]> {
  const consumer = recordedConsumer();
  const start = consumer.clock.now;
  const tries: number[] = [];
  const { handler } = emailOver(consumer.ports, (right) => ({
    ...parts(right),
    sendMail: async () => {
      tries.push(consumer.clock.now - start);
      throw Object.assign(new Error('no answer'), { name: 'TimeoutError' });
    },
  }));
  await handler(kafkaEventOf([placedEvent(anOrder('lost-answer'))]), LAMBDA_CONTEXT);
  return tries;
}

describe('a mail whose answer was lost', () => {
  it('is held back for the length of a lease', async () => {
    const [first, ...others] = await triesOf(() => ({}));
    expect(first).toBe(0);
    expect(others.filter((at) => at < LEASE_MS)).toEqual([]);
  });

  it('is held back by its claim where the ledger cannot be told', async () => {
    const error = new StatementError('ThrottlingError', 'busy', { retriable: true });
    const [first, ...others] = await triesOf(({ ledger }) => ({
      ledger: {
        ...ledger,
        replace: async (changes) =>
          new Map([...changes.keys()].map((key) => [key, { kind: 'failed' as const, error }])),
      },
    }));
    expect(first).toBe(0);
    expect(others.filter((at) => at < LEASE_MS)).toEqual([]);
  });
});
