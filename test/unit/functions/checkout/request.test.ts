import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { childTraceparent, parsePlaceOrder, readJsonBody } from '../../../../functions/checkout/request.ts';
import { httpEvent } from '../../../../local/gateway/event.ts';
import { orderBody } from '../../../support/orders.ts';

const request = (body: unknown, headers: Record<string, string> = { 'idempotency-key': 'k' }) =>
  parsePlaceOrder({
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    isBase64Encoded: false,
  });

function refusal(body: unknown, headers?: Record<string, string>) {
  const parsed = request(body, headers);
  if (parsed.kind !== 'refused') throw new Error('accepted');
  return parsed.problem;
}

const [line] = orderBody().lines;

describe('parsePlaceOrder', () => {
  it('reads key and order', () => {
    expect(request(orderBody())).toMatchObject({
      kind: 'request',
      request: { idempotencyKey: 'k', order: orderBody() },
    });
  });

  it('decodes base64', () => {
    const body = Buffer.from(JSON.stringify(orderBody()), 'utf8').toString('base64');
    const event = { headers: { 'idempotency-key': 'k' }, body, isBase64Encoded: true };
    expect(parsePlaceOrder(event).kind).toBe('request');
  });

  it.each([
    ['no', {}],
    ['an empty', { 'idempotency-key': '' }],
    ['a spaced', { 'idempotency-key': 'a b' }],
    ['a non-ASCII', { 'idempotency-key': 'schlüssel' }],
    ['a too long', { 'idempotency-key': 'k'.repeat(256) }],
  ])('refuses %s Idempotency-Key by name', (_, headers) => {
    expect(refusal(orderBody(), headers)).toMatchObject({
      code: 'idempotency-key-invalid',
      errors: [{ header: 'Idempotency-Key' }],
    });
  });

  it('says why a key with a comma is none: a proxy sent the header twice', () => {
    expect(refusal(orderBody(), { 'idempotency-key': 'k,k' })).toEqual({
      code: 'idempotency-key-invalid',
      errors: [{ header: 'Idempotency-Key', detail: expect.stringContaining('sent twice') }],
    });
  });

  it('limits the bytes of the body, not its characters', () => {
    const bodyOf = (bytes: number) => {
      const name = 'ä'.repeat(Math.ceil(bytes / 2));
      const frame = JSON.stringify({ ...orderBody(), voucher: '' });
      return JSON.stringify({
        ...orderBody(),
        voucher: name.slice(0, Math.floor((bytes - frame.length) / 2)),
      });
    };
    expect(Buffer.byteLength(bodyOf(65 * 1024))).toBeGreaterThan(64 * 1024);
    expect(bodyOf(65 * 1024).length).toBeLessThan(64 * 1024);
    expect(refusal(bodyOf(65 * 1024)).code).toBe('body-too-large');
    expect(refusal(bodyOf(64 * 1024 - 8)).code).toBe('order-invalid');
  });

  it.each(['', '{', '\ufeff{}', 'NaN'])('refuses %j as JSON', (body) => {
    expect(refusal(body).code).toBe('body-not-json');
  });

  it('points at a field that is there twice', () => {
    const sentTwice = JSON.stringify(orderBody()).replace('"sku"', '"sku":"TEA-2","s\\u006bu"');
    expect(refusal(sentTwice)).toEqual({
      code: 'order-invalid',
      errors: [{ pointer: '#/lines/0/sku', detail: 'is there twice' }],
    });
  });

  it.each([
    ['an array', [], '#'],
    ['a number', 1, '#'],
    ['deep nesting', `${'['.repeat(30_000)}${']'.repeat(30_000)}`, '#'],
    ['a missing field', { ...orderBody(), email: undefined }, '#/email'],
    ['a wrong type', { ...orderBody(), lines: 'none' }, '#/lines'],
    ['no lines', { ...orderBody(), lines: [] }, '#/lines'],
    ['a negative quantity', { ...orderBody(), lines: [{ ...line, quantity: -1 }] }, '#/lines/0/quantity'],
    ['1e400', JSON.stringify(orderBody()).replace('450', '1e400'), '#/lines/0/unitPrice'],
    ['an unknown field', { ...orderBody(), voucher: 1 }, '#/voucher'],
    [
      'an unknown field in a line',
      { ...orderBody(), lines: [{ ...line, colour: 'red' }] },
      '#/lines/0/colour',
    ],
    ['__proto__', JSON.stringify(orderBody()).replace('{', '{"__proto__":{"total":0},'), '#/__proto__'],
    ['constructor', { ...orderBody(), constructor: 1 }, '#/constructor'],
    ['an awkward field', { ...orderBody(), 'a/b~c d': 1 }, '#/a~1b~0c%20d'],
    ['a field of endless name', { ...orderBody(), ['x'.repeat(65)]: 1 }, '#'],
  ])('points at %s', (_, body, pointer) => {
    const { code, errors } = refusal(body);
    expect(code).toBe('order-invalid');
    expect(errors).toEqual([expect.objectContaining({ pointer })]);
  });

  it('names at most 20 errors', () => {
    expect(refusal({ ...orderBody(), lines: Array.from({ length: 100 }, () => 1) }).errors).toHaveLength(20);
  });

  it('never repeats a value', () => {
    const canary = 'Canary Street 7';
    const body = { ...orderBody(), email: canary, customerId: canary, currency: canary, lines: [canary] };
    expect(JSON.stringify(refusal(body))).not.toContain('Canary');
  });
});

describe('a request through the gateway', () => {
  const through = (rawHeaders: string[], body: Uint8Array) => {
    const event = httpEvent(
      {
        method: 'POST',
        path: '/orders',
        query: '',
        protocol: 'HTTP/1.1',
        rawHeaders: ['content-type', 'application/json', ...rawHeaders],
        sourceIp: '127.0.0.1',
        body,
      },
      {
        apiId: 'api',
        account: '000000000000',
        requestId: 'r',
        route: {
          routeKey: 'POST /orders',
          functionName: 'checkout',
          authorization: 'NONE',
          tokenSource: undefined,
        },
        claims: {},
        pathParameters: undefined,
        timeMs: 0,
      },
    );
    return parsePlaceOrder(event as Parameters<typeof parsePlaceOrder>[0]);
  };
  const body = JSON.stringify({ ...orderBody(), lines: [{ ...line, name: 'Jörg' }] });

  it('is read as it was sent', () => {
    const parsed = through(['Idempotency-Key', 'k'], Buffer.from(body, 'utf8'));
    expect(parsed).toMatchObject({ request: { order: { lines: [{ name: 'Jörg' }] } } });
  });

  it('is refused if its body is not UTF-8, before anything in it is replaced', () => {
    const parsed = through(['Idempotency-Key', 'k'], Buffer.from(body, 'latin1'));
    expect(parsed).toMatchObject({ kind: 'refused', problem: { code: 'body-not-json' } });
  });

  it('is refused if a proxy sent its key twice', () => {
    const parsed = through(['Idempotency-Key', 'k', 'idempotency-key', 'k'], Buffer.from(body, 'utf8'));
    expect(parsed).toMatchObject({ kind: 'refused', problem: { code: 'idempotency-key-invalid' } });
  });
});

const read = (text: string) => readJsonBody(Buffer.from(text, 'utf8'));

describe('a JSON body', () => {
  it.each([
    ['Latin-1', [0x22, 0xf6, 0x22]],
    ['an over-long slash', [0x22, 0xc0, 0xaf, 0x22]],
    ['half a surrogate pair', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['a surrogate pair as CESU-8 has it', [0x22, 0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80, 0x22]],
    ['more than Unicode has', [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22]],
    ['a character cut off', [0x22, 0xe2, 0x82, 0x22]],
    ['UTF-16', [0xff, 0xfe, 0x22, 0x00, 0x22, 0x00]],
    ['a byte order mark', [0xef, 0xbb, 0xbf, 0x31]],
    ['nothing', []],
    ['no JSON', [0x7b]],
  ])('is none that has %s', (_what, bytes) => {
    expect(readJsonBody(Uint8Array.from(bytes))).toEqual({ kind: 'not-json' });
  });

  it.each([
    ['{"a":1,"a":1}', ['a']],
    ['{"a":1,"b":{"a":1},"a":2}', ['a']],
    ['{"a":{"b":1,"b":2}}', ['a', 'b']],
    ['{"a":{"b":1,"b":2},"a":1}', ['a', 'b']],
    ['[0,{"x":[{},{"k":1,"k":null}]}]', [1, 'x', 1, 'k']],
    ['{"sku":1,"s\\u006bu":2}', ['sku']],
    ['{"":1,"":2}', ['']],
    ['{"__proto__":1,"__proto__":2}', ['__proto__']],
    ['{"\\"a\\\\":1 , "\\"a\\\\" : 2}', ['"a\\']],
    ['{"a":"}","a":1}', ['a']],
  ])('says where a name is there twice: %s', (text, path) => {
    expect(read(text)).toEqual({ kind: 'ambiguous', path });
  });

  it.each([
    '{"a":{"a":{"a":1}}}',
    '[{"a":1},{"a":1}]',
    '{"a":"a","b":"a"}',
    '{"a":"{\\"a\\":1,\\"a\\":2}"}',
    '["a","a",["a","a"]]',
    '{"a":[],"b":{}}',
    '{"a":1,"A":1}',
    '"a"',
    ' null ',
  ])('may mean one thing: %s', (text) => {
    expect(read(text)).toEqual({ kind: 'json', value: JSON.parse(text) });
  });

  it('is read whatever is in it, and found out when one of its names is repeated', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), (body) => {
        const text = JSON.stringify(body);
        expect(read(text)).toEqual({ kind: 'json', value: JSON.parse(text) });
        const [name = ''] = Object.keys(body);
        const repeated = `${text.slice(0, -1)},${JSON.stringify(name)}:0}`;
        expect(read(repeated)).toEqual({ kind: 'ambiguous', path: [name] });
      }),
    );
  });

  it('may be nested deeper than any stack', () => {
    const deep = `${'[{"a":'.repeat(7_000)}0${'}]'.repeat(7_000)}`;
    expect(read(deep).kind).toBe('json');
  });
});

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const ones = (length: number) => new Uint8Array(length).fill(0x11);
const fresh = `00-${'11'.repeat(16)}-${'11'.repeat(8)}-00`;

describe('childTraceparent', () => {
  it('goes on with the caller’s trace under a new span', () => {
    expect(childTraceparent(`00-${TRACE}-b7ad6b7169203331-01`, ones)).toBe(
      `00-${TRACE}-${'11'.repeat(8)}-01`,
    );
    expect(childTraceparent(`00-${TRACE}-b7ad6b7169203331-00`, ones)).toMatch(/-00$/);
  });

  it('reads a later version, and knows of its flags only the first', () => {
    expect(childTraceparent(`cc-${TRACE}-b7ad6b7169203331-03-more`, ones)).toBe(
      `00-${TRACE}-${'11'.repeat(8)}-01`,
    );
  });

  it.each([
    undefined,
    '',
    `00-${TRACE}-b7ad6b7169203331`,
    `00-${TRACE}-b7ad6b7169203331-01-more`,
    `ff-${TRACE}-b7ad6b7169203331-01`,
    `00-${TRACE.toUpperCase()}-b7ad6b7169203331-01`,
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE}-b7ad6b7169203331-01,00-${TRACE}-b7ad6b7169203331-01`,
    `cc-${TRACE}-b7ad6b7169203331-01-more,cc-${TRACE}-b7ad6b7169203331-01-more`,
  ])('begins a new trace for %j', (header) => {
    expect(childTraceparent(header, ones)).toBe(fresh);
  });
});
