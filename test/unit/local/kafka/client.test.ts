import { createRequire } from 'node:module';
import { beforeEach, expect, test, vi } from 'vitest';
import { quietRequestQueues, type RequestQueuePrototype } from '../../../../local/kafka/quiet.ts';

interface Queue extends RequestQueuePrototype {
  readonly pending: readonly unknown[];
  push(request: { entry: object; expectResponse: boolean; sendRequest(): void }): void;
  fulfillRequest(response: { correlationId: number; payload: Buffer; size: number }): void;
  maybeThrottle(ms: number): void;
}
type QueueClass = new (options: object) => Queue;

const require = createRequire(import.meta.url);
const RequestQueue: QueueClass = require('kafkajs/src/network/requestQueue');
class Quiet extends RequestQueue {}
quietRequestQueues(Quiet.prototype);

beforeEach(() => {
  vi.useFakeTimers();
});

function queueOf(kind: QueueClass): Queue {
  const logger = { debug() {}, warn() {} };
  return new kind({
    logger,
    requestTimeout: 1_000,
    enforceRequestTimeout: false,
    clientId: 'c',
    broker: 'b',
  });
}

/** Timers set in a second after one request was answered. */
function timersWhileIdle(queue: Queue): number {
  queue.push({ entry: { correlationId: 1, resolve() {} }, expectResponse: true, sendRequest() {} });
  const timers = vi.spyOn(globalThis, 'setTimeout');
  queue.fulfillRequest({ correlationId: 1, payload: Buffer.alloc(0), size: 0 });
  vi.advanceTimersByTime(1_000);
  return timers.mock.calls.length;
}

test('an idle connection sets no timer', () => {
  expect(timersWhileIdle(queueOf(Quiet))).toBe(0);
});

test('the same connection without the patch never stops setting timers', () => {
  expect(timersWhileIdle(queueOf(RequestQueue))).toBeGreaterThan(500);
});

test('a request that is held back by a throttle is still sent when the throttle ends', () => {
  const queue = queueOf(Quiet);
  queue.maybeThrottle(100);
  const sendRequest = vi.fn();
  queue.push({ entry: { correlationId: 1, resolve() {} }, expectResponse: true, sendRequest });
  vi.advanceTimersByTime(90);
  expect(sendRequest).not.toHaveBeenCalled();
  vi.advanceTimersByTime(30);
  expect(sendRequest).toHaveBeenCalledOnce();
});

test('patching twice is patching once', () => {
  const before = Quiet.prototype.scheduleCheckPendingRequests;
  quietRequestQueues(Quiet.prototype);
  expect(Quiet.prototype.scheduleCheckPendingRequests).toBe(before);
});

test('the method is the one the patch was written for', () => {
  const { version }: { version: string } = require('kafkajs/package.json');
  expect(version, 'a new kafkajs: is the busy loop still there, and is the patch still right?').toBe('2.2.4');
  const source = String(RequestQueue.prototype.scheduleCheckPendingRequests).replaceAll(/\s*\/\/.*$/gm, '');
  expect(source.replaceAll(/\s+/g, ' ')).toBe(
    'scheduleCheckPendingRequests() { let scheduleAt = this.throttledUntil - Date.now() ' +
      'if (!this.throttleCheckTimeoutId) { if (this.pending.length > 0) { ' +
      'scheduleAt = scheduleAt > 0 ? scheduleAt : CHECK_PENDING_REQUESTS_INTERVAL } ' +
      'this.throttleCheckTimeoutId = setTimeout(() => { this.throttleCheckTimeoutId = null ' +
      'this.checkPendingRequests() }, scheduleAt) } }',
  );
});
