import { describe, expect, it } from 'vitest';
import type { DeadLetter } from '../../../../functions/dead-letters/letter.ts';
import { collector } from '../../../support/collector.ts';
import { envelopeOf, requestContext } from '../../../support/envelopes.ts';
import { lambdaRecord } from '../../../support/kafka-event.ts';
import { anOrder, placedEvent } from '../../../support/orders.ts';

const [a, b] = [lambdaRecord(placedEvent(anOrder('a')), 41, 3), lambdaRecord(placedEvent(anOrder('b')), 7)];
const shipping = {
  requestContext: requestContext({
    functionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:the-shipping-function',
  }),
};
const refusal = Object.assign(new Error('no'), { name: 'ValidationException' });
const outage = Object.assign(new Error('no'), { name: 'ThrottlingException' });
const nameOf = ({ consumer, record: { topic, partition, offset } }: DeadLetter) =>
  `${consumer} ${topic}-${partition}@${offset}`;

/** A table that answers with the error that `fails` has for a letter. */
function table(fails: (letter: DeadLetter) => Error | undefined) {
  const stored: DeadLetter[] = [];
  const writeDeadLetter = async (letter: DeadLetter) => {
    const error = fails(letter);
    if (error !== undefined) throw error;
    stored.push(letter);
  };
  return { stored, writeDeadLetter };
}

describe('collect', () => {
  it('stores each record of each message under the consumer that Lambda gave it up for', async () => {
    const { deliver, letters } = collector();
    expect(await deliver(envelopeOf([a, b]), envelopeOf([a], shipping))).toEqual([]);
    expect(letters.map(nameOf).sort()).toEqual([
      'email-service orders-0@7',
      'email-service orders-3@41',
      'shipping-service orders-3@41',
    ]);
  });

  it('stores what it cannot read as it is, under its own name', async () => {
    const { deliver, letters, lines } = collector();
    const bytes = Uint8Array.of(0xff, 0, 0x80);
    expect(await deliver(envelopeOf([a]), bytes, null)).toEqual([]);
    expect(letters.map(nameOf)).toEqual([
      'email-service orders-3@41',
      'dead-letters orders.dead-letters-1@1',
      'dead-letters orders.dead-letters-1@2',
    ]);
    expect(letters[1]).toMatchObject({
      reason: 'unreadable',
      error: { code: 'NOT_AN_ENVELOPE' },
      record: { value: Buffer.from(bytes), key: Buffer.from('of no meaning') },
      source: 'orders.dead-letters-1@1',
    });
    expect(lines.at(-1)?.fields).toMatchObject({ records: 3, done: 1, deadLetter: 2, retry: 0 });
  });

  it('asks again for the message alone whose letter could not be written now', async () => {
    const { stored, writeDeadLetter } = table(({ record }) => (record.offset === 7 ? outage : undefined));
    const { deliver } = collector({ writeDeadLetter });
    expect(await deliver(envelopeOf([a]), envelopeOf([b, a]), envelopeOf([b]))).toEqual([1, 2]);
    expect(stored.map(nameOf)).toContain('email-service orders-3@41');
  });

  it('stores the message itself where the table refuses a letter of it, and the other letters as well', async () => {
    const { stored, writeDeadLetter } = table(({ record }) => (record.offset === 7 ? refusal : undefined));
    const { deliver } = collector({ writeDeadLetter });
    expect(await deliver(envelopeOf([b, a]))).toEqual([]);
    expect(stored.map(nameOf)).toEqual(['email-service orders-3@41', 'dead-letters orders.dead-letters-1@0']);
    expect(stored[1]).toMatchObject({
      reason: 'unreadable',
      error: { code: 'LETTER_REFUSED', detail: 'DEAD_LETTER_NOT_WRITTEN/ValidationException' },
    });
  });

  it('stores where a message lies if the table takes no byte of it', async () => {
    const { stored, writeDeadLetter } = table(({ record }) => (record.value === null ? undefined : refusal));
    const { deliver } = collector({ writeDeadLetter });
    expect(await deliver(Buffer.from('poison'))).toEqual([]);
    expect(stored).toMatchObject([
      { record: { topic: 'orders.dead-letters', offset: 0, key: null, headers: [] }, truncatedFrom: 6 },
    ]);
  });

  it('asks again for what the table refuses in every form, so that it is never lost', async () => {
    const { writeDeadLetter } = table(() => refusal);
    const { deliver } = collector({ writeDeadLetter });
    expect(await deliver(envelopeOf([a]), Buffer.from('x'))).toEqual([0, 1]);
  });

  it('logs where records lie and why they are there, and nothing of what a customer wrote', async () => {
    const { deliver, lines } = collector();
    const functionArn = 'arn:aws:lambda:eu-west-1:000000000000:function:Anna-Beispiel';
    await deliver(
      envelopeOf([a]),
      envelopeOf([{ ...a, topic: 'anna@example.com' }]),
      envelopeOf([a], { requestContext: requestContext({ functionArn }) }),
      envelopeOf([a], { requestContext: requestContext({ condition: 'Anna Beispiel' }) }),
      Buffer.from('Anna Beispiel'),
    );
    expect(lines.map(({ message, fields }) => [message, fields?.reason, fields?.code])).toEqual([
      ['dead letter collected', 'retries-exhausted', 'LAMBDA_GAVE_UP'],
      ['dead letter collected', 'unexpected', 'LAMBDA_GAVE_UP'],
      ['record dead-lettered', 'unreadable', 'NOT_AN_ENVELOPE'],
      ['record dead-lettered', 'unreadable', 'UNKNOWN_FUNCTION'],
      ['record dead-lettered', 'unreadable', 'NOT_AN_ENVELOPE'],
      ['batch consumed', undefined, undefined],
    ]);
    expect(lines[0]?.fields).toMatchObject({ consumer: 'email-service', topic: 'orders', offset: 41 });
    expect(JSON.stringify(lines)).not.toMatch(/anna/i);
  });

  it('begins nothing that might not end in time, and asks for it again', async () => {
    let remaining = 60_000;
    const { stored, writeDeadLetter } = table(() => {
      remaining -= 20_000;
      return undefined;
    });
    const { deliver } = collector({ writeDeadLetter }, () => remaining);
    const messages = [envelopeOf([a]), envelopeOf([b]), envelopeOf([a], shipping)];
    expect(await deliver(...messages)).toEqual([2]);
    expect(stored).toHaveLength(2);
  });
});
