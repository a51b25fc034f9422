import { expect, test } from 'vitest';
import { claimsOf } from '../../../../local/gateway/event.ts';

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
