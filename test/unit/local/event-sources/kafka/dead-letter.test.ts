import { describe, expect, test } from 'vitest';
import type { GiveUp } from '../../../../../local/event-sources/delivery/state.ts';
import { deadLetters } from '../../../../../local/event-sources/kafka/dead-letter.ts';
import { type KafkaRecord, kafkaRecord } from '../../../../../local/event-sources/kafka/event.ts';

const facts = {
  functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:consumer',
  envelope: {
    eventSourceArn: 'arn:aws:kafka:us-east-1:000000000000:cluster/demo/x',
    bootstrapServers: 'b:1',
  },
  now: Date.parse('2026-11-22T03:00:00.000Z'),
  newId: () => 'own',
};
const PER_RECORD = { deadLetters: 'per-record' } as const;
const PER_GROUP = { deadLetters: 'per-group' } as const;

const record = (offset: number, key: Buffer | null = null): KafkaRecord =>
  kafkaRecord('orders', 0, {
    offset: String(offset),
    timestamp: String(Date.parse('2026-11-22T02:59:58.000Z') + offset),
    key,
    value: Buffer.from(`v${offset}`),
    headers: {},
  });
const giveUp = (records: KafkaRecord[], changes: Partial<GiveUp<KafkaRecord>> = {}): GiveUp<KafkaRecord> => ({
  id: 1,
  reason: 'retries-exhausted',
  invocations: 4,
  lastResult: { requestId: 'request', functionError: true },
  slices: [{ partition: 'orders-0', epoch: 1, records }],
  ...changes,
});

describe('a letter per record', () => {
  test('has the key of its record byte for byte, or none, and the event of it alone', () => {
    const key = Buffer.from([0, 255, 128]);
    const letters = deadLetters(giveUp([record(41, key), record(43)]), PER_RECORD, facts);
    expect(letters.map((letter) => letter.key)).toEqual([key, null]);
    const payloads = letters.map(({ value }) => JSON.parse(value).payload);
    expect(payloads).toEqual(
      [record(41, key), record(43)].map(({ json }) => ({
        eventSource: 'aws:kafka',
        ...facts.envelope,
        records: { 'orders-0': [JSON.parse(json)] },
      })),
    );
    expect(letters.map(({ value }) => JSON.parse(value).KafkaBatchInfo)).toMatchObject([
      { batchSize: 1, recordInfo: { offset: '41', timestamp: '2026-11-22T02:59:58.041Z' } },
      { batchSize: 1, recordInfo: { offset: '43', timestamp: '2026-11-22T02:59:58.043Z' } },
    ]);
  });

  test.each([
    ['1790000000000', '2026-09-21T14:13:20.000Z'],
    ['-1', '1969-12-31T23:59:59.999Z'],
    ['1790000000000000000', '+56724811-12-05T14:13:20.000Z'],
    ['-62167219200001', '-0001-12-31T23:59:59.999Z'],
    ['9223372036854775807', expect.stringMatching(/^\+292278994-08-17T/)],
    ['-9223372036854775808', expect.stringMatching(/^-292275055-05-16T/)],
  ])('writes the time %s as Java’s Instant does, whatever a producer has made of it', (timestamp, time) => {
    const odd = kafkaRecord('orders', 0, { offset: '1', timestamp, key: null, value: null });
    for (const emulation of [PER_RECORD, PER_GROUP]) {
      const [letter] = deadLetters(giveUp([odd]), emulation, facts);
      expect(letter?.value).toContain(`"timestamp":${timestamp},`);
      const { recordInfo, recordsInfo } = JSON.parse(letter?.value ?? '').KafkaBatchInfo;
      expect(recordInfo?.timestamp ?? recordsInfo['orders-0'].lastRecordTimestamp).toEqual(time);
    }
  });

  test.each([
    ['retries-exhausted', 'RetriesExhausted', 'RetryAttemptsExhausted'],
    ['record-too-old', 'RecordAgeExceeded', 'RecordAgeExceeded'],
    ['payload-too-large', 'MaximumPayloadSizeExceeded', 'MaximumPayloadSizeExceeded'],
  ] as const)('says of %s: %s; a letter per group: %s', (reason, perRecord, perGroup) => {
    const conditionOf = (emulation: typeof PER_RECORD | typeof PER_GROUP) =>
      deadLetters(giveUp([record(1)], { reason }), emulation, facts).map(
        ({ value }) => JSON.parse(value).requestContext.condition,
      );
    expect(conditionOf(PER_RECORD)).toEqual([perRecord]);
    expect(conditionOf(PER_GROUP)).toEqual([perGroup]);
  });

  test('tells of the last invocation, and of none where there was none', () => {
    const contexts = (changes: Partial<GiveUp<KafkaRecord>>) =>
      deadLetters(giveUp([record(1)], changes), PER_RECORD, facts).map(({ value }) => {
        const { requestContext, responseContext } = JSON.parse(value);
        return [requestContext.requestId, requestContext.approximateInvokeCount, responseContext];
      });
    const answered = { statusCode: 200, executedVersion: '$LATEST' };
    expect(contexts({})).toEqual([['request', 4, { ...answered, functionError: 'Unhandled' }]]);
    expect(contexts({ lastResult: { requestId: 'named', functionError: false } })).toEqual([
      ['named', 4, answered],
    ]);
    expect(contexts({ invocations: 0, lastResult: undefined })).toEqual([['own', 0, null]]);
  });
});

test('a letter per group tells of the first and last record of each partition', () => {
  const [letter, ...others] = deadLetters(
    giveUp([record(41, Buffer.from('key')), record(45)]),
    PER_GROUP,
    facts,
  );
  expect(others).toEqual([]);
  expect(letter?.key).toEqual(Buffer.from('own'));
  const { KafkaBatchInfo, payload } = JSON.parse(letter?.value ?? '');
  expect(KafkaBatchInfo).toStrictEqual({
    batchSize: 2,
    ...facts.envelope,
    payloadSize: JSON.stringify(payload).length,
    recordsInfo: {
      'orders-0': {
        firstRecordOffset: '41',
        lastRecordOffset: '45',
        firstRecordTimestamp: '2026-11-22T02:59:58.041Z',
        lastRecordTimestamp: '2026-11-22T02:59:58.045Z',
      },
    },
  });
  expect(payload.records['orders-0']).toHaveLength(2);
});
