import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { readEnvironment } from '../../../../functions/config.ts';
import { consumers, readMessage } from '../../../../functions/dead-letters/read-message.ts';
import { decodeKafkaEvent } from '../../../../functions/kafka/decode.ts';
import { deadLetterMessage, envelopeOf, requestContext } from '../../../support/envelopes.ts';
import { kafkaEvent, lambdaRecord } from '../../../support/kafka-event.ts';
import { anOrder, placedEvent } from '../../../support/orders.ts';

const groupsIn = (CONSUMERS: string | undefined) =>
  readEnvironment(z.object({ CONSUMERS: consumers }), { CONSUMERS }).CONSUMERS;

it('finds the group of a function', () => {
  expect(groupsIn('{"email-service":"stack-Email-1"}')).toEqual(
    new Map([['stack-Email-1', 'email-service']]),
  );
});

it.each([undefined, '', '{', '[]', '{"email-service":1}', '{"":"x"}'])('stops the start for %j', (text) => {
  expect(() => groupsIn(text)).toThrow(/CONSUMERS is (missing|invalid)/);
});

const groups = new Map([['the-email-function', 'email-service']]);
const record = lambdaRecord(placedEvent(anOrder('a')), 41, 3);

function read(envelope: object) {
  const [message] = decodeKafkaEvent(kafkaEvent([deadLetterMessage(envelope, 12)]));
  if (message === undefined) throw new Error('there is one message');
  return readMessage(message, groups);
}

describe('readMessage', () => {
  it.each([
    ['RetriesExhausted', 'retries-exhausted'],
    ['RetryAttemptsExhausted', 'retries-exhausted'],
    ['RecordAgeExceeded', 'record-too-old'],
    ['MaximumPayloadSizeExceeded', 'payload-too-large'],
    ['EligibleForNothing', 'unexpected'],
    ['constructor', 'unexpected'],
  ])('says of %s: %s', (condition, reason) => {
    const envelope = envelopeOf([record], { requestContext: requestContext({ condition }) });
    expect(read(envelope)).toMatchObject({
      letters: [
        {
          consumer: 'email-service',
          record: { topic: 'orders', partition: 3, offset: 41 },
          reason,
          error: { code: 'LAMBDA_GAVE_UP', detail: `${condition} after 31 invocations` },
          lambda: { condition },
          source: 'orders.dead-letters-1@12',
        },
      ],
    });
  });

  it('writes a letter for each record', () => {
    const other = lambdaRecord(placedEvent(anOrder('b')), 42, 3);
    expect(read(envelopeOf([record, other]))).toMatchObject({
      letters: [{ record: { offset: 41 } }, { record: { offset: 42 } }],
    });
  });

  it('knows no consumer but those it was told', () => {
    const functionArn = 'arn:aws:lambda:eu-west-1:000000000000:function:another';
    expect(read(envelopeOf([record], { requestContext: requestContext({ functionArn }) }))).toEqual({
      kind: 'unreadable',
      error: { code: 'UNKNOWN_FUNCTION', detail: 'the function another is no consumer here' },
    });
  });
});
