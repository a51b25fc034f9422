import { expect, test } from 'vitest';
import { internalServerError, readResponse } from '../../../../local/gateway/integration.ts';

const read = (answer: unknown) => readResponse(Buffer.from(JSON.stringify(answer)));
const shown = (answer: unknown) => {
  const { status, headers, body } = read(answer);
  return { status, headers, body: Buffer.from(body).toString() };
};

test('an object with a status code is the response', () => {
  expect(
    shown({
      statusCode: 201,
      headers: { 'Content-Type': 'application/json', 'X-Count': 3, 'X-Flag': true },
      cookies: ['a=1; Path=/', 'b=2'],
      body: '{"ok":true}',
    }),
  ).toEqual({
    status: 201,
    headers: {
      'content-type': 'application/json',
      'x-count': '3',
      'x-flag': 'true',
      'set-cookie': ['a=1; Path=/', 'b=2'],
    },
    body: '{"ok":true}',
  });
});

test('a body without a type is plain text, and no body has no type', () => {
  expect(shown({ statusCode: 200, body: 'hi' }).headers).toEqual({
    'content-type': 'text/plain;charset=UTF-8',
  });
  expect(shown({ statusCode: 204 })).toEqual({ status: 204, headers: {}, body: '' });
  expect(shown({ statusCode: '200', body: null }).status).toBe(200);
});

test('a base64 body is decoded', () => {
  const { body } = read({
    statusCode: 200,
    body: Buffer.from([0, 255, 1]).toString('base64'),
    isBase64Encoded: true,
  });

  expect([...body]).toEqual([0, 255, 1]);
});

test('headers that belong to the connection are the gateway`s own', () => {
  expect(
    shown({
      statusCode: 200,
      headers: { Connection: 'close', 'Content-Length': '99', 'transfer-encoding': 'chunked' },
    }).headers,
  ).toEqual({});
});

test.each([
  [{ message: 'hello' }, '{"message":"hello"}'],
  ['hello', 'hello'],
  [[1, 2], '[1,2]'],
  [null, 'null'],
  [{ body: 'no status' }, '{"body":"no status"}'],
])('anything else, %j, is the body of a 200', (answer, body) => {
  expect(shown(answer)).toEqual({ status: 200, headers: { 'content-type': 'application/json' }, body });
});

test.each([
  [{ statusCode: 'ok' }],
  [{ statusCode: 99 }],
  [{ statusCode: 600 }],
  [{ statusCode: 200.5 }],
  [{ statusCode: 200, body: { an: 'object' } }],
  [{ statusCode: 200, headers: 'none' }],
  [{ statusCode: 200, headers: { 'x-list': ['a'] } }],
  [{ statusCode: 200, headers: { 'bad name': 'a' } }],
  [{ statusCode: 200, headers: { 'x-split': 'a\r\nset-cookie: b' } }],
  [{ statusCode: 200, cookies: 'a=1' }],
  [{ statusCode: 200, cookies: ['a\n'] }],
])('%j can`t be sent', (answer) => {
  expect(read(answer)).toBe(internalServerError);
});

test('what isn`t JSON can`t be sent', () => {
  expect(readResponse(Buffer.from('<html>'))).toBe(internalServerError);
  expect(Buffer.from(internalServerError.body).toString()).toBe('{"message":"Internal Server Error"}');
});
