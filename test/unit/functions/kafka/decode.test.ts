import { describe, expect, it } from 'vitest';
import { decodeKafkaEvent } from '../../../../functions/kafka/decode.ts';
import mskEvent from '../../../fixtures/msk-event.json' with { type: 'json' };
import { anOrder, placedEvent } from '../../../support/orders.ts';

const records = decodeKafkaEvent(mskEvent);
const bytes = (text: string) => Buffer.from(text, 'utf8');

describe('decodeKafkaEvent', () => {
  it('reads every partition in the order of its offsets', () => {
    expect(records.map(({ topicPartition, offset }) => [topicPartition, offset])).toEqual([
      ['orders-0', 41],
      ['orders-0', 42],
      ['orders-0', 44],
      ['orders-3', 7],
      ['orders-3', 8],
    ]);
  });

  it('keeps coordinates, key and value byte for byte', () => {
    const placed = placedEvent(anOrder('msk-a'));
    expect(records[0]).toMatchObject({ topic: 'orders', partition: 0, timestamp: 1772366400041 });
    expect(records[0]?.key).toEqual(bytes(placed.key));
    expect(records[0]?.value).toEqual(placed.value);
  });

  it("turns Java's signed header bytes into bytes, and keeps repeated headers in order", () => {
    const headers = records[0]?.headers ?? [];
    const named = (name: string) => headers.filter(([header]) => header === name).map(([, value]) => value);
    expect(named('x-binary')).toEqual([Uint8Array.of(0x80, 0xff, 0x00, 0x7f)]);
    expect(named('x-note').map((value) => Buffer.from(value ?? []).toString('utf8'))).toEqual(['ë', 'again']);
  });

  it('tells null from empty, and takes an absent key or value for null', () => {
    const record = { topic: 'orders', partition: 0, offset: 1, timestamp: 1, headers: [] };
    const decode = (change: object) =>
      decodeKafkaEvent({ records: { 'orders-0': [{ ...record, ...change }] } })[0];
    expect(decode({})).toMatchObject({ key: null, value: null, headers: [] });
    expect(decode({ key: null, value: null })).toMatchObject({ key: null, value: null });
    expect(decode({ key: '', value: '' })).toMatchObject({ key: bytes(''), value: bytes('') });
  });

  it('keeps a header that has no value apart from an empty one, and takes whatever else stands there', () => {
    const headers = [{ a: null }, { b: [] }, {}, null, { c: 'text' }, { d: 1, e: [2] }, 'f'];
    const record = { topic: 'o', partition: 0, offset: 1, timestamp: 1, headers };
    const [found] = decodeKafkaEvent({ records: { 'o-0': [record] } });
    expect(found?.headers).toEqual([
      ['a', null],
      ['b', Uint8Array.of()],
      ['c', Buffer.from('text')],
      ['d', Buffer.from('1')],
      ['e', Uint8Array.of(2)],
      ['0', Buffer.from('f')],
    ]);
    for (const none of [undefined, null, {}, 'x']) {
      const event = { records: { 'o-0': [{ ...record, headers: none }] } };
      expect(decodeKafkaEvent(event)[0]?.headers).toEqual([]);
    }
  });

  it('keeps a header whatever its name', () => {
    const event = JSON.parse(
      '{"records":{"o-0":[{"topic":"o","partition":0,"offset":1,"timestamp":1,"headers":[{"__proto__":[1]}]}]}}',
    );
    expect(decodeKafkaEvent(event)[0]?.headers).toEqual([['__proto__', Uint8Array.of(1)]]);
  });

  it('reads a batch that carries its records and nothing else', () => {
    expect(decodeKafkaEvent({ records: mskEvent.records })).toEqual(records);
  });

  it.each([[null], [{}], [{ Records: [] }], [{ records: { 'orders-0': [{ offset: 'x' }] } }]])(
    'refuses what is no event of a Kafka source: %j',
    (event) => {
      expect(() => decodeKafkaEvent(event)).toThrow(expect.objectContaining({ code: 'KAFKA_EVENT_INVALID' }));
    },
  );
});
