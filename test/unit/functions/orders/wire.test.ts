import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { showsSomething } from '../../../../functions/orders/text.ts';
import {
  decodeEvent,
  type EncodedEvent,
  encodeEvent,
  parseRecord,
  type WireRecord,
} from '../../../../functions/orders/wire.ts';
import {
  anOrder,
  cancelledEvent,
  orderCancelled,
  orderId,
  orderPlaced,
  placedEvent,
  TRACEPARENT,
} from '../../../support/orders.ts';

const bytes = (text: string) => Buffer.from(text, 'utf8');

function toRecord({ key, value, headers }: Pick<EncodedEvent, 'key' | 'value' | 'headers'>): WireRecord {
  return {
    key: bytes(key),
    value,
    headers: Object.entries(headers).map(([name, text]) => [name, bytes(text)] as const),
  };
}

const order = anOrder('zoo');
const placed = toRecord(placedEvent(order));

const withValue = (value: Uint8Array | string | null): WireRecord => ({
  ...placed,
  value: typeof value === 'string' ? bytes(value) : value,
});
const data = JSON.parse(Buffer.from(placed.value ?? []).toString('utf8'));
const withData = (change: object): WireRecord => withValue(JSON.stringify({ ...data, ...change }));
/** JSON that JSON.stringify cannot produce. */
const withRaw = (field: string, json: string): WireRecord =>
  withValue(JSON.stringify({ ...data, [field]: '@' }).replace('"@"', json));
const withHeader = (name: string, value: string | Uint8Array | null | undefined): WireRecord => ({
  ...placed,
  headers: [
    ...placed.headers.filter(([other]) => other !== name),
    ...(value === undefined ? [] : [[name, typeof value === 'string' ? bytes(value) : value] as const]),
  ],
});
const plusHeader = (name: string, value: string | Uint8Array | null): WireRecord => ({
  ...placed,
  headers: [...placed.headers, [name, typeof value === 'string' ? bytes(value) : value]],
});

describe('encodeEvent', () => {
  it('writes a CloudEvent in Kafka binary mode', () => {
    const event = placedEvent(order);
    expect(event.key).toBe(order.orderId);
    expect(event.headers).toEqual({
      ce_specversion: '1.0',
      ce_id: `${order.orderId}.1`,
      ce_source: '/orderly/checkout',
      ce_type: 'OrderPlaced',
      ce_subject: order.orderId,
      ce_time: order.placedAt,
      ce_partitionkey: order.orderId,
      'content-type': 'application/json',
      traceparent: TRACEPARENT,
    });
    expect(data).toMatchObject({
      orderId: order.orderId,
      customerId: 'customer-1',
      seq: 1,
      schemaVersion: '2.0',
    });
  });

  it('gives the cancellation the next seq, and no address', () => {
    const event = cancelledEvent(order);
    expect(event.eventId).toBe(`${order.orderId}.2`);
    expect(Buffer.from(event.value).toString('utf8')).not.toContain('Musterweg');
  });

  it('survives the wire, whatever a customer writes', () => {
    const text = (max: number) =>
      fc
        .string({ unit: 'binary', minLength: 1, maxLength: max })
        .filter((value) => showsSomething(value) && !value.includes('\ufffd'));
    const line = fc.record({
      sku: text(32),
      name: text(100),
      quantity: fc.integer({ min: 1, max: 999 }),
      unitPrice: fc.integer({ min: 0, max: 10_000_000_000 }),
    });
    const body = fc.record({
      customerId: fc.constant('customer-1'),
      email: fc.constant('anna@example.com'),
      shippingAddress: fc.record(
        {
          name: text(100),
          line1: text(100),
          line2: text(100),
          city: text(50),
          postalCode: text(10),
          country: fc.constant('DE'),
        },
        { requiredKeys: ['name', 'line1', 'city', 'postalCode', 'country'] },
      ),
      currency: fc.constantFrom('EUR', 'JPY', 'KWD'),
      lines: fc.array(line, { minLength: 1, maxLength: 5 }),
    });
    fc.assert(
      fc.property(
        body,
        fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }),
        (asked, at) => {
          const placed = orderPlaced(anOrder('k', asked));
          const cancelled = orderCancelled(anOrder('k', asked), at);
          for (const event of [placed, cancelled]) {
            expect(decodeEvent(encodeEvent(event, TRACEPARENT))).toEqual(event);
            const parsed = parseRecord(toRecord(encodeEvent(event, TRACEPARENT)));
            expect(parsed).toEqual({ kind: 'event', event, traceparent: TRACEPARENT });
          }
        },
      ),
    );
  });
});

describe('parseRecord skips', () => {
  it.each([
    ['a tombstone', withValue(null), 'tombstone'],
    ['an unknown type', withHeader('ce_type', 'OrderPaid'), 'unknown-type'],
    [
      'an unknown type of any form',
      { ...withHeader('ce_type', 'OrderPaid'), value: Buffer.from([0xff]) },
      'unknown-type',
    ],
  ])('%s', (_, record, reason) => {
    expect(parseRecord(record)).toEqual({ kind: 'skipped', reason });
  });
});

describe('parseRecord reads', () => {
  it.each([
    ['extra fields', withData({ voucher: 'x' })],
    ['an older version, which orders keep for ever', withData({ schemaVersion: '1.0' })],
    ['a newer minor version', withData({ schemaVersion: '2.7' })],
    ['a currency that has retired since', withData({ currency: 'HRK' })],
    [
      'a country that has retired since',
      withData({ shippingAddress: { ...data.shippingAddress, country: 'AN' } }),
    ],
    [
      'an address without a postal code',
      withData({ shippingAddress: { ...data.shippingAddress, postalCode: undefined } }),
    ],
    ['a mail address that the door would not take', withData({ email: 'anna@localhost' })],
    ['a name that shows nothing', withData({ shippingAddress: { ...data.shippingAddress, name: '\u3164' } })],
    ['more of a thing than may be ordered', withData({ lines: [{ ...data.lines[0], quantity: 1000 }] })],
    ['more lines than may be ordered', withData({ lines: Array.from({ length: 101 }, () => data.lines[0]) })],
    ['__proto__ in an ignored field', withRaw('extra', '{"__proto__":{"polluted":true}}')],
    ['__proto__ as a field', withValue(JSON.stringify(data).replace('{', '{"__proto__":{"seq":9},'))],
    ['deep nesting in an ignored field', withRaw('extra', `${'['.repeat(5_000)}${']'.repeat(5_000)}`)],
    ['-0 for 0', withRaw('total', '-0')],
    ['a null key', { ...placed, key: null }],
    ['another key', { ...placed, key: bytes('other') }],
    ['repeated equal headers', plusHeader('ce_id', `${order.orderId}.1`)],
    ['repeated other headers', plusHeader('traceparent', TRACEPARENT)],
    ['an empty header', plusHeader('x-empty', '')],
    ['a header of 64 kB', plusHeader('x-large', 'x'.repeat(65_536))],
    ['a binary header of somebody else', plusHeader('value.schema.id', Buffer.from([0, 0, 0, 0x80, 0xff]))],
    ['a header without a value', plusHeader('x-empty', null)],
    ['a ce_subject without a value', withHeader('ce_subject', null)],
    ['a traceparent that is not UTF-8', withHeader('traceparent', Buffer.from([0xff]))],
    ['no ce_subject', withHeader('ce_subject', undefined)],
    [
      'control characters in a name',
      withData({ shippingAddress: { ...data.shippingAddress, name: 'A\u0007' } }),
    ],
    [
      'bidi characters in a name',
      withData({ shippingAddress: { ...data.shippingAddress, name: '\u202eA' } }),
    ],
  ])('%s', (_, record) => {
    expect(parseRecord(record)).toMatchObject({
      kind: 'event',
      event: { type: 'OrderPlaced', eventId: `${order.orderId}.1`, data: { orderId: order.orderId, seq: 1 } },
    });
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});

describe('parseRecord cannot parse', () => {
  it.each([
    ['invalid JSON', withValue('{')],
    ['an empty value', withValue('')],
    ['an array', withValue('[]')],
    ['a number', withValue('1')],
    ['JSON null', withValue('null')],
    ['a value that is not UTF-8', withValue(Buffer.from([0x7b, 0xff, 0x7d]))],
    ['a byte order mark', withValue(`\ufeff${JSON.stringify(data)}`)],
    ['gzip bytes labelled JSON', withValue(gzipSync(JSON.stringify(data)))],
  ])('%s', (_, record) => {
    expect(parseRecord(record)).toMatchObject({ kind: 'rejected', reason: 'unparseable' });
  });
});

describe('parseRecord finds invalid', () => {
  it.each([
    ['a missing field', withData({ email: undefined }), '/email'],
    ['a wrong type', withData({ lines: 'x' }), '/lines'],
    ['an infinite number', withRaw('total', '1e400'), '/total'],
    ['less than one thing', withData({ lines: [{ ...data.lines[0], quantity: 0 }] }), '/lines/0/quantity'],
    ['a negative price', withData({ lines: [{ ...data.lines[0], unitPrice: -1 }] }), '/lines/0/unitPrice'],
    [
      'an amount that no number holds',
      withData({ lines: [{ ...data.lines[0], quantity: 2 ** 30, unitPrice: 2 ** 30 }] }),
      '/lines/0',
    ],
    ['no lines', withData({ lines: [] }), '/lines'],
    ['two mail addresses', withData({ email: 'anna@example.com,bob@example.com' }), '/email'],
    ['a name with its mail address', withData({ email: 'Anna <anna@example.com>' }), '/email'],
    ['a currency of no form', withData({ currency: 'euro' }), '/currency'],
    [
      'half a surrogate pair',
      withData({ shippingAddress: { ...data.shippingAddress, name: '\ud800' } }),
      '/shippingAddress/name',
    ],
    ['a date out of range', withData({ placedAt: '2026-02-30T00:00:00.000Z' }), '/placedAt'],
    ['an unknown major version', withData({ schemaVersion: '3.0' }), '/schemaVersion'],
    ['no ce_id', withHeader('ce_id', undefined), 'ce_id'],
    ['a ce_id without a value', withHeader('ce_id', null), 'ce_id'],
    ['an empty ce_id', withHeader('ce_id', ''), 'ce_id'],
    ['a ce_id that contradicts the value', withHeader('ce_id', `${orderId('other')}.1`), 'ce_id'],
    ['a ce_subject that contradicts the value', withHeader('ce_subject', orderId('other')), 'ce_subject'],
    ['a ce_ header repeated with another value', plusHeader('ce_id', `${order.orderId}.2`), 'ce_id'],
    ['no ce_type', withHeader('ce_type', undefined), 'ce_type'],
    ['another specversion', withHeader('ce_specversion', '0.3'), 'ce_specversion'],
    ['a ce_ header that is not UTF-8', plusHeader('ce_x', Buffer.from([0xff])), 'UTF-8'],
  ])('%s', (_, record, named) => {
    const parsed = parseRecord(record);
    expect(parsed).toMatchObject({ kind: 'rejected', reason: 'invalid' });
    expect(parsed).toHaveProperty('detail', expect.stringContaining(named));
  });

  it('and names fields, never their contents', () => {
    const canary = 'Canary Street 7';
    const parsed = parseRecord(withData({ email: canary, currency: canary, lines: [canary] }));
    expect(JSON.stringify(parsed)).not.toContain('Canary');
  });
});
