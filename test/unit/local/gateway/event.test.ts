import { expect, test } from 'vitest';
import { claimsOf, type GatewayRequest, httpEvent } from '../../../../local/gateway/event.ts';
import type { RouteModel } from '../../../../local/resources/http-api.ts';

function eventOf(request: Partial<GatewayRequest> = {}, authorization: RouteModel['authorization'] = 'NONE') {
  return httpEvent(
    {
      method: 'POST',
      path: '/orders/a b',
      query: '',
      protocol: 'HTTP/1.1',
      rawHeaders: ['Host', 'localhost:8080', 'User-Agent', 'test/1'],
      sourceIp: '127.0.0.1',
      body: Buffer.alloc(0),
      ...request,
    },
    {
      apiId: 'api1',
      account: '123456789012',
      requestId: 'r-1',
      route: {
        routeKey: 'POST /orders/{id}',
        functionName: 'checkout',
        authorization,
        tokenSource: undefined,
      },
      claims: { sub: 'customer-1' },
      pathParameters: { id: 'a b' },
      timeMs: Date.UTC(2020, 2, 12, 19, 3, 58, 390) + 0.5,
    },
  );
}

const sent = (type: string, body: Uint8Array | string) =>
  eventOf({ rawHeaders: ['Content-Type', type], body: Buffer.from(body) });

test('an event has the fields of payload format 2.0, and only those the request gives rise to', () => {
  expect(eventOf()).toEqual({
    version: '2.0',
    routeKey: 'POST /orders/{id}',
    rawPath: '/orders/a b',
    rawQueryString: '',
    headers: { host: 'localhost:8080', 'user-agent': 'test/1' },
    requestContext: {
      accountId: '123456789012',
      apiId: 'api1',
      domainName: 'localhost:8080',
      domainPrefix: 'api1',
      http: {
        method: 'POST',
        path: '/orders/a b',
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: 'test/1',
      },
      requestId: 'r-1',
      routeKey: 'POST /orders/{id}',
      stage: '$default',
      time: '12/Mar/2020:19:03:58 +0000',
      timeEpoch: 1584039838390,
    },
    pathParameters: { id: 'a b' },
    isBase64Encoded: false,
  });
});

test('headers are in lower case and joined by commas, cookies and the connection`s own headers apart', () => {
  const event = eventOf({
    rawHeaders: [
      'X-One',
      'a',
      'x-one',
      'b',
      'Cookie',
      'k=1; l=2',
      'cookie',
      'm=3',
      'Connection',
      'keep-alive',
      '__proto__',
      'p',
    ],
  });

  expect(event).toHaveProperty('cookies', ['k=1', 'l=2', 'm=3']);
  expect(Object.entries(Object.getOwnPropertyDescriptor(event, 'headers')?.value)).toEqual([
    ['x-one', 'a,b'],
    ['__proto__', 'p'],
  ]);
});

test('query parameters are decoded and joined by commas; the raw query string stays', () => {
  const event = eventOf({ query: 'a=1&a=2&b=x%20y&empty' });

  expect(event).toMatchObject({
    rawQueryString: 'a=1&a=2&b=x%20y&empty',
    queryStringParameters: { a: '1,2', b: 'x y', empty: '' },
  });
});

test.each([
  ['application/json'],
  ['application/json; charset=utf-8'],
  ['Text/Plain'],
  ['application/xml'],
  ['application/javascript'],
])('a body of type %s is text', (type) => {
  expect(sent(type, '{"é":1}')).toMatchObject({ body: '{"é":1}', isBase64Encoded: false });
});

test.each([
  ['application/octet-stream'],
  ['image/png'],
  ['application/x-www-form-urlencoded'],
  ['application/jsonp'],
  ['application/cloudevents+json'],
  ['application/json,application/json'],
])('a body of type %s is base64', (type) => {
  expect(sent(type, Buffer.from([0, 255, 1]))).toMatchObject({ body: 'AP8B', isBase64Encoded: true });
});

test.each([
  ['Latin-1', [0x22, 0xf6, 0x22]],
  ['an over-long form', [0xc0, 0xaf]],
  ['half a surrogate pair', [0xed, 0xa0, 0x80]],
  ['a character cut off', [0x22, 0xe2, 0x82]],
])('a body of a text type that is not UTF-8 is base64, byte for byte: %s', (_what, bytes) => {
  expect(sent('application/json', Buffer.from(bytes))).toMatchObject({
    body: Buffer.from(bytes).toString('base64'),
    isBase64Encoded: true,
  });
});

test('a body that begins with a byte order mark keeps it', () => {
  expect(sent('application/json', '\ufeff{}')).toMatchObject({ body: '\ufeff{}', isBase64Encoded: false });
});

test('a body without a type is base64', () => {
  expect(eventOf({ body: Buffer.from('a') })).toMatchObject({ body: 'YQ==', isBase64Encoded: true });
});

test('a route with AWS_IAM gets a local principal, one with JWT the claims of its token', () => {
  expect(eventOf({}, 'AWS_IAM')).toMatchObject({
    requestContext: {
      authorizer: { iam: { accountId: '123456789012', userArn: 'arn:aws:iam::123456789012:user/local' } },
    },
  });
  expect(eventOf({}, 'JWT')).toMatchObject({
    requestContext: { authorizer: { jwt: { claims: { sub: 'customer-1' }, scopes: null } } },
  });
});

const HEADER = '$request.header.Authorization';
const given = { sub: 'given' };
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const token = (payload: unknown) => `${encoded({ alg: 'RS256' })}.${encoded(payload)}.c2ln`;
const withHeader = (value: string) =>
  claimsOf({ rawHeaders: ['Host', 'localhost', 'authorization', value], query: '' }, HEADER, given);

test.each(['Bearer ', 'bearer  ', ''])('a token is found behind "%s"', (prefix) => {
  expect(withHeader(`${prefix}${token({ sub: 'customer-ü' })}`)).toEqual({ sub: 'customer-ü' });
});

test('a token is found in a parameter, where the authorizer says so', () => {
  const request = { rawHeaders: ['authorization', 'nonsense'], query: `a=1&jwt=${token({ sub: 'x' })}` };
  expect(claimsOf(request, '$request.querystring.jwt', given)).toEqual({ sub: 'x' });
});

test('claims are text, as on AWS: numbers, truths and lists too', () => {
  expect(withHeader(token({ exp: 1_612_061_676, admin: true, aud: ['a', 'b'] }))).toEqual({
    exp: '1612061676',
    admin: 'true',
    aud: '[a b]',
  });
});

test('a request without a token claims what is given', () => {
  expect(claimsOf({ rawHeaders: ['x', 'Authorization'], query: '' }, HEADER, given)).toEqual(given);
});

test.each([
  ['a word', 'Bearer abc'],
  ['two parts', `Bearer ${encoded({})}.${encoded({})}`],
  ['an encrypted token of five parts', 'Bearer a.b.c.d.e'],
  ['a payload that is no object', `Bearer ${token(['sub'])}`],
  ['a payload that is no JSON', 'Bearer a.b.c'],
  ['a signature of a request', 'AWS4-HMAC-SHA256 Credential=A, SignedHeaders=host, Signature=0'],
])('%s is malformed', (_what, header) => {
  expect(withHeader(header)).toBe('malformed');
});
