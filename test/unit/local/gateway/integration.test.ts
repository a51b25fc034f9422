import { afterEach, expect, test, vi } from 'vitest';
import { INTEGRATION_TIMEOUT_MS, integrate } from '../../../../local/gateway/integration.ts';
import type { InvocationResult } from '../../../../local/lambda/invocation.ts';

afterEach(() => vi.useRealTimers());

const ending = (result: InvocationResult) => integrate(async () => result, 'checkout', {});

test('a function error is an Internal Server Error that says nothing of the function', async () => {
  const { status, body } = await ending({
    kind: 'function-error',
    requestId: 'r-1',
    payload: Buffer.from('{"errorMessage":"secret"}'),
    errorType: 'Error',
    errorMessage: 'secret',
    durationMs: 1,
  });

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
