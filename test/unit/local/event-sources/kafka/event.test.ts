import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Batch, NOTHING_YET } from '../../../../../local/event-sources/delivery/state.ts';
import {
  envelopeBytes,
  type KafkaRecord,
  kafkaEvent,
  kafkaRecord,
  partitionKey,
  sliceBytes,
} from '../../../../../local/event-sources/kafka/event.ts';

const envelope = {
  eventSourceArn: 'arn:aws:kafka:us-east-1:000000000000:cluster/demo/x',
  bootstrapServers: '127.0.0.1:9092',
};
const bytes = fc.uint8Array({ maxLength: 20 }).map((list) => Buffer.from(list));
const headerValue = fc.option(bytes);
const messages = fc.record({
  offset: fc.nat().map(String),
  timestamp: fc.nat().map(String),
  attributes: fc.constant(0),
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.dictionary(
    fc.string(),
    fc.oneof(headerValue, fc.array(headerValue, { minLength: 2, maxLength: 3 })),
  ),
});
const topics = fc.stringMatching(/^[a-zA-Z0-9._-]{1,20}$/);

const parse = (record: KafkaRecord) => JSON.parse(record.json);
const batchOf = (slices: Record<string, KafkaRecord[]>): Batch<KafkaRecord> => ({
  id: 1,
  poller: 0,
  ...NOTHING_YET,
  slices: Object.entries(slices).map(([partition, records]) => ({ partition, epoch: 1, records })),
});

test('the rendered record is the JSON of the record, and its size is counted in bytes', () => {
  fc.assert(
    fc.property(topics, fc.nat(100), messages, (topic, partition, message) => {
      const record = kafkaRecord(topic, partition, message);
      const headers = Object.entries(message.headers).flatMap(([name, values]) =>
        [values].flat().map((value) => [[name, value === null ? null : [...new Int8Array(value)]]]),
      );
      const { key, ...rest } = parse(record);
      expect(key).toBe(message.key?.toString('base64'));
      expect(rest).toEqual({
        topic,
        partition,
        offset: Number(message.offset),
        timestamp: Number(message.timestamp),
        timestampType: 'CREATE_TIME',
        value: message.value?.toString('base64') ?? null,
        headers: headers.map((entries) => Object.fromEntries(entries)),
      });
      expect(record.bytes).toBe(Buffer.byteLength(record.json) + 1);
    }),
  );
});

test('the event is an MSK event, and never larger than what was counted', () => {
  fc.assert(
    fc.property(
      topics,
      fc.array(messages, { minLength: 1, maxLength: 4 }),
      fc.array(messages, { minLength: 1, maxLength: 4 }),
      (topic, first, second) => {
        const slices = {
          [partitionKey(topic, 0)]: first.map((message) => kafkaRecord(topic, 0, message)),
          [partitionKey(topic, 11)]: second.map((message) => kafkaRecord(topic, 11, message)),
        };
        const event = kafkaEvent(envelope, batchOf(slices).slices);
        expect(JSON.parse(event)).toEqual({
          eventSource: 'aws:kafka',
          ...envelope,
          records: Object.fromEntries(
            Object.entries(slices).map(([key, records]) => [key, records.map(parse)]),
          ),
        });
        const counted = Object.values(slices)
          .flat()
          .reduce((sum, record) => sum + record.bytes, 0);
        const limit = envelopeBytes(envelope) + 2 * sliceBytes(topic, 12) + counted;
        expect(Buffer.byteLength(event)).toBeLessThanOrEqual(limit);
        expect(Buffer.byteLength(event)).toBeGreaterThan(limit - 10);
      },
    ),
  );
});

test('header bytes are signed, repeated headers are one entry each, and a name that every object has does no harm', () => {
  const headers = {
    name: Buffer.from('ë'),
    again: [Buffer.from('a'), Buffer.from('b')],
    // kafkajs finds `Object` under this name and takes it for an earlier header.
    constructor: [Object, Buffer.from('c')],
  };
  const message = { offset: '3', timestamp: '5', attributes: 0, key: null, value: null };
  // kafkajs' types don't know what its decoder does with such a name.
  const record = kafkaRecord('t', 1, Object.assign(message, { headers: headers as never }));
  expect(record.json).toBe(
    '{"topic":"t","partition":1,"offset":3,"timestamp":5,"timestampType":"CREATE_TIME","value":null,' +
      '"headers":[{"name":[-61,-85]},{"again":[97]},{"again":[98]},{"constructor":[99]}]}',
  );
});
