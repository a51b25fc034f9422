import { createRequire } from 'node:module';

/**
 * kafkajs 2.2.4 re-arms a timer after every response, whether or not a request waits:
 *
 *     scheduleCheckPendingRequests ──setTimeout(throttledUntil - now)──> checkPendingRequests ─┐
 *              ^                     (throttledUntil is -1: a negative delay, so 1 ms)         │
 *              └───────────────────────────────────────────────────────────────────────────────┘
 *
 * so each idle connection spins for as long as it lives (tulios/kafkajs#1751). The timer has one purpose: to come back
 * to *pending* requests when a throttle ends. Without pending requests there is nothing to come back to, and a request
 * that is enqueued later schedules its own check. So: schedule only while requests are pending.
 */

/** The fields of kafkajs' RequestQueue that decide whether a check is needed. */
interface RequestQueue {
  readonly pending: readonly unknown[];
}

export interface RequestQueuePrototype {
  scheduleCheckPendingRequests(this: RequestQueue): void;
}

const patched = Symbol.for('millrace.quietRequestQueue');

/** kafkajs' own RequestQueue prototype: an internal of the pinned version, checked for its shape by a test. */
function requestQueuePrototype(): RequestQueuePrototype {
  const load: (id: string) => { prototype: RequestQueuePrototype } = createRequire(import.meta.url);
  return load('kafkajs/src/network/requestQueue').prototype;
}

/** Makes every Kafka connection of this process, present and future, silent while it is idle. Idempotent. */
export function quietRequestQueues(prototype: RequestQueuePrototype = requestQueuePrototype()): void {
  if (Object.hasOwn(prototype, patched)) return;
  const original = prototype.scheduleCheckPendingRequests;
  if (typeof original !== 'function') {
    throw new TypeError(
      'kafkajs has no RequestQueue.scheduleCheckPendingRequests: this patch is for kafkajs 2.2.4.',
    );
  }
  prototype.scheduleCheckPendingRequests = function scheduleWhenPending() {
    if (this.pending.length > 0) original.call(this);
  };
  Object.defineProperty(prototype, patched, { value: original });
}
