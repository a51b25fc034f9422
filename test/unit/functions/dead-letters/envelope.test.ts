import { describe, expect, it } from 'vitest';
import { readEnvelope } from '../../../../functions/dead-letters/envelope.ts';
import { decodeKafkaEvent } from '../../../../functions/kafka/decode.ts';
import { deadLetters } from '../../../../local/event-sources/kafka/dead-letter.ts';
import { kafkaRecord } from '../../../../local/event-sources/kafka/event.ts';
import mskEvent from '../../../fixtures/msk-event.json' with { type: 'json' };
import { envelopeOf, requestContext } from '../../../support/envelopes.ts';
import { kafkaEvent, lambdaRecord } from '../../../support/kafka-event.ts';
import { anOrder, placedEvent } from '../../../support/orders.ts';

const [a, b] = [placedEvent(anOrder('a')), placedEvent(anOrder('b'))];
const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value));
const read = (envelope: object) => readEnvelope(bytesOf(envelope));

describe('readEnvelope', () => {
  it('reads who was invoked, why Lambda gave up, and the record', () => {
    const record = lambdaRecord(a, 41, 3);
    expect(read(envelopeOf([record]))).toEqual({
      kind: 'envelope',
      functionName: 'the-email-function',
      lambda: {
        condition: 'RetriesExhausted',
        invocations: 31,
        requestId: 'request-7',
        functionError: 'Unhandled',
        at: '2026-03-01T12:30:00.000Z',
      },
      records: decodeKafkaEvent(kafkaEvent([record])),
    });
  });

  it('leaves the bytes of every record as the event has them: null and binary ones, repeated headers', () => {
    expect(read(envelopeOf([], { payload: mskEvent }))).toMatchObject({
      records: decodeKafkaEvent(mskEvent),
    });
  });

  it('reads several records of several partitions from one message', () => {
    const records = [lambdaRecord(a, 41, 3), lambdaRecord(b, 42, 3), lambdaRecord(b, 7)];
    const KafkaBatchInfo = { batchSize: 3, recordsInfo: { 'orders-3': { firstRecordOffset: '41' } } };
    expect(read(envelopeOf(records, { KafkaBatchInfo }))).toMatchObject({
      records: [
        { topicPartition: 'orders-3', offset: 41 },
        { topicPartition: 'orders-3', offset: 42 },
        { topicPartition: 'orders-0', offset: 7 },
      ],
    });
  });

  it('reads a payload that is the JSON of an event, as in S3', () => {
    const record = lambdaRecord(a, 41);
    const payload = JSON.stringify(kafkaEvent([record]));
    expect(read(envelopeOf([], { payload }))).toEqual(read(envelopeOf([record])));
  });

  it.each([
    'arn:aws:lambda:eu-west-1:000000000000:function:the-email-function',
    'arn:aws:lambda:eu-west-1:000000000000:function:the-email-function:live',
    'arn:aws-cn:lambda:cn-north-1:000000000000:function:the-email-function:$LATEST',
  ])('knows the function by %s', (functionArn) => {
    const envelope = envelopeOf([lambdaRecord(a, 41)], { requestContext: requestContext({ functionArn }) });
    expect(read(envelope)).toMatchObject({ functionName: 'the-email-function' });
  });

  it('reads what was never invoked', () => {
    const envelope = envelopeOf([lambdaRecord(a, 41)], {
      requestContext: requestContext({ condition: 'MaximumPayloadSizeExceeded', approximateInvokeCount: 0 }),
      responseContext: null,
    });
    expect(read(envelope)).toMatchObject({
      lambda: { condition: 'MaximumPayloadSizeExceeded', invocations: 0, functionError: undefined },
    });
  });

  it.each(['per-record', 'per-group'] as const)('reads what the local cloud writes %s', (shape) => {
    const headers = { note: [Buffer.from([0x80, 0xff]), Buffer.of(), null] };
    const message = { attributes: 0, timestamp: '1772366400041', headers };
    const records = [
      kafkaRecord('orders', 3, { ...message, offset: '41', key: null, value: Buffer.from([0, 255]) }),
      kafkaRecord('orders', 3, { ...message, offset: '42', key: Buffer.of(), value: null }),
    ];
    const slices = [{ partition: 'orders-3', epoch: 1, records }];
    const letters = deadLetters(
      { id: 1, reason: 'retries-exhausted', invocations: 2, lastResult: undefined, slices },
      { deadLetters: shape },
      {
        functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:fn',
        envelope: { eventSourceArn: 'arn:aws:kafka:us-east-1:0:cluster/x/y', bootstrapServers: 'b:1' },
        now: 0,
        newId: () => 'id',
      },
    );
    const found = letters.map(({ value }) => readEnvelope(Buffer.from(value)));
    expect(found.flatMap((each) => (each.kind === 'envelope' ? each.records : []))).toMatchObject([
      {
        offset: 41,
        key: null,
        value: Buffer.from([0, 255]),
        headers: [
          ['note', Uint8Array.of(0x80, 0xff)],
          ['note', Uint8Array.of()],
          ['note', null],
        ],
      },
      { offset: 42, key: Buffer.of(), value: null },
    ]);
  });

  it.each<[string, Uint8Array | null]>([
    ['nothing', null],
    ['no bytes', Buffer.of()],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    [
      'an envelope with a byte that is no UTF-8',
      Buffer.from(
        JSON.stringify(envelopeOf([lambdaRecord(a, 1)])).replace('Unhandled', 'Unh\xffndled'),
        'latin1',
      ),
    ],
    ['an event that somebody forwarded', bytesOf(mskEvent)],
    ['metadata without a payload', bytesOf(envelopeOf([], { payload: undefined }))],
    ['a payload without records', bytesOf(envelopeOf([]))],
    ['a payload that is no event', bytesOf(envelopeOf([], { payload: { Records: [] } }))],
    ['a payload that is no JSON', bytesOf(envelopeOf([], { payload: '{' }))],
    [
      'a function of another service',
      bytesOf(
        envelopeOf([lambdaRecord(a, 1)], {
          requestContext: requestContext({ functionArn: 'arn:aws:sqs:eu-west-1:0:q' }),
        }),
      ),
    ],
    ['a record of no topic', bytesOf(envelopeOf([{ ...lambdaRecord(a, 1), topic: 'Anna Beispiel' }]))],
    [
      'a record with half a character',
      bytesOf(envelopeOf([{ ...lambdaRecord(a, 1), headers: [{ '\ud800': [] }] }])),
    ],
    [
      'half a character',
      bytesOf(envelopeOf([lambdaRecord(a, 1)], { responseContext: { functionError: '\ud800' } })),
    ],
    [
      'a record with a place before the first',
      bytesOf(envelopeOf([lambdaRecord(a, 1), lambdaRecord(b, -1)])),
    ],
  ])('does not take for an envelope: %s', (_name, bytes) => {
    expect(readEnvelope(bytes)).toMatchObject({ kind: 'unreadable', error: { code: 'NOT_AN_ENVELOPE' } });
  });

  it('says where it stopped, and nothing of what stands there', () => {
    const broken = envelopeOf([], { requestContext: requestContext({ condition: ['Anna Beispiel'] }) });
    expect(read(broken)).toMatchObject({
      error: { detail: 'it is not what Lambda writes: look at "requestContext.condition"' },
    });
  });
});
