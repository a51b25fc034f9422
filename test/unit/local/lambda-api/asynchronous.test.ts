import { setTimeout as delay } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import type { InvocationResult } from '../../../../local/lambda/invocation.ts';
import { afterAttempt, asynchronousInvocations } from '../../../../local/lambda-api/asynchronous.ts';
import { functionError, success } from '../../../support/invocation-results.ts';

const at = (failed: number, throttled: number) => ({ acceptedAt: 0, failed, throttled });

test('a function error is retried after one minute, then after two, and no more', () => {
  expect([1, 2, 3].map((failed) => afterAttempt(at(failed, 0), 'function-error', 0))).toEqual([
    { kind: 'retry', afterMs: 60_000 },
    { kind: 'retry', afterMs: 120_000 },
    { kind: 'give-up' },
  ]);
});

test('a throttle is retried from one second apart to five minutes, for six hours', () => {
  const waits = [1, 2, 3, 9, 10, 100].map((throttled) => afterAttempt(at(0, throttled), 'throttled', 0));
  expect(waits).toEqual(
    [1_000, 2_000, 4_000, 256_000, 300_000, 300_000].map((afterMs) => ({ kind: 'retry', afterMs })),
  );
  const almostSixHours = 6 * 3_600_000 - 300_000;
  expect(afterAttempt(at(0, 50), 'throttled', almostSixHours)).toEqual({ kind: 'retry', afterMs: 300_000 });
  expect(afterAttempt(at(0, 50), 'throttled', almostSixHours + 1)).toEqual({ kind: 'give-up' });
});

/** A queue whose function ends as told, one result an attempt, and which waits for nobody. */
function queue(results: readonly InvocationResult[]) {
  const left = [...results];
  const events: string[] = [];
  const waits: number[] = [];
  const lines: string[] = [];
  const asynchronous = asynchronousInvocations({
    invoke: async (_functionName, event) => {
      events.push(event);
      return left.shift() ?? success(null);
    },
    clock: () => 0,
    wait: async (ms) => waits.push(ms),
    log: (line) => lines.push(line),
  });
  return { asynchronous, events, waits, lines };
}

test('an event that fails is tried three times with its bytes unchanged, and its end is told without them', async () => {
  const { asynchronous, events, waits, lines } = queue([functionError(), functionError(), functionError()]);

  asynchronous.enqueue('consumer', '"secret"');

  await vi.waitUntil(() => lines.length === 1);
  expect(events).toEqual(['"secret"', '"secret"', '"secret"']);
  expect(waits).toEqual([60_000, 120_000]);
  expect(lines[0]).toMatch(/^consumer: .*given up.*Error/);
  expect(lines[0]).not.toContain('secret');
});

test('an event that succeeds at last is done, throttles in between not counted as failures', async () => {
  const throttled: InvocationResult = { kind: 'throttled' };
  const { asynchronous, events, waits, lines } = queue([
    functionError(),
    throttled,
    throttled,
    functionError(),
  ]);

  asynchronous.enqueue('consumer', '1');

  await vi.waitUntil(() => events.length === 5);
  expect(waits).toEqual([60_000, 1_000, 2_000, 120_000]);
  asynchronous.stop();
  expect(lines).toEqual([]);
});

test('stopping ends the waiting at once and says what is lost, once', async () => {
  const lines: string[] = [];
  const waits: Promise<unknown>[] = [];
  const asynchronous = asynchronousInvocations({
    invoke: async () => functionError(),
    clock: () => 0,
    wait(ms, signal) {
      const waiting = delay(ms, undefined, { signal });
      waits.push(waiting);
      return waiting;
    },
    log: (line) => lines.push(line),
  });
  asynchronous.enqueue('consumer', '1');
  await vi.waitUntil(() => waits.length === 1);

  asynchronous.stop();

  await expect(waits[0]).rejects.toMatchObject({ name: 'AbortError' });
  expect(lines).toEqual(['1 asynchronous invocations had not ended and are lost']);
});
