import { afterEach, expect, test, vi } from 'vitest';
import {
  INTEGRATION_TIMEOUT_MS,
  integrate,
  internalServerError,
  readResponse,
} from '../../../../local/gateway/integration.ts';
import type { InvocationResult } from '../../../../local/lambda/invocation.ts';
import { functionError } from '../../../support/invocation-results.ts';

afterEach(() => vi.useRealTimers());

const ending = (result: InvocationResult) => integrate(async () => result, 'checkout', {});

test('a function error is an Internal Server Error that says nothing of the function', async () => {
  const { status, body } = await ending(functionError());

  expect([status, Buffer.from(body).toString()]).toEqual([500, '{"message":"Internal Server Error"}']);
});

test('a throttled function is a Service Unavailable', async () => {
  expect((await ending({ kind: 'throttled' })).status).toBe(503);
});

test('a function that takes longer than 30 seconds is a Service Unavailable', async () => {
  vi.useFakeTimers();
  const answer = integrate(() => new Promise(() => undefined), 'checkout', {});
  const early = vi.fn();
  void answer.then(early);

  await vi.advanceTimersByTimeAsync(INTEGRATION_TIMEOUT_MS - 1);
  expect(early).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);

  expect((await answer).status).toBe(503);
});

test('an answer in time leaves no timer behind', async () => {
  vi.useFakeTimers();

  await ending({ kind: 'throttled' });

  expect(vi.getTimerCount()).toBe(0);
});

test('an event over 6 MB is not given to Lambda', async () => {
  const invoke = vi.fn();

  const { status } = await integrate(invoke, 'checkout', { body: 'x'.repeat(6 * 1024 * 1024) });

  expect(status).toBe(413);
  expect(invoke).not.toHaveBeenCalled();
});

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
