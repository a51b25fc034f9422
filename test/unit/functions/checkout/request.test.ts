import { describe, expect, it } from 'vitest';
import { parsePlaceOrder } from '../../../../functions/checkout/request.ts';
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

function hashOf(body: unknown): string {
  const parsed = request(body);
  if (parsed.kind !== 'request') throw new Error('refused');
  return parsed.request.contentHash;
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

describe('the content hash', () => {
  it('is that of RFC 8785: SHA-256 over sorted keys and no spaces', () => {
    // printf of the canonical JSON, piped to sha256sum.
    expect(hashOf(orderBody())).toBe('56bae41361324e917a4ab574b91cd589c8d14b7190b6922ed24fba524c5131b2');
  });

  it('is the same for the same content in another form', () => {
    const reversed = Object.fromEntries(Object.entries(orderBody()).reverse());
    expect(hashOf(JSON.stringify(reversed, null, 2))).toBe(hashOf(orderBody()));
    expect(hashOf(JSON.stringify(orderBody()).replace('450', '4.5e2'))).toBe(hashOf(orderBody()));
  });

  it('is another for other content', () => {
    expect(hashOf({ ...orderBody(), currency: 'USD' })).not.toBe(hashOf(orderBody()));
  });
});
