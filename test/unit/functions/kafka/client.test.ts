import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';
import { expect, it, vi } from 'vitest';
import { quietIdleConnections } from '../../../../functions/kafka/client.ts';

/** kafkajs' own queue, unthrottled, with these requests waiting. */
function queueWith(pending: readonly unknown[]): RequestQueue {
  const fields = { pending, throttleCheckTimeoutId: null, throttledUntil: -1 };
  return Object.assign(Object.create(RequestQueue.prototype), fields);
}

it('sets a timer only while requests are pending', () => {
  quietIdleConnections();
  quietIdleConnections();
  const setTimer = vi.spyOn(globalThis, 'setTimeout').mockReturnValue(Object.create(null));
  queueWith([]).scheduleCheckPendingRequests();
  expect(setTimer).not.toHaveBeenCalled();
  queueWith([{}]).scheduleCheckPendingRequests();
  expect(setTimer).toHaveBeenCalledOnce();
  setTimer.mockRestore();
});
