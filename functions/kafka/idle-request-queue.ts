import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

const scheduleCheck = RequestQueue.prototype.scheduleCheckPendingRequests;

/**
 * Keeps the connections of this process, present and future, asleep while they have nothing to send. Idempotent.
 *
 * kafkajs 2.2.4 sets a timer after every response to come back to requests that wait for the end of a throttle, whether
 * or not any waits; unthrottled, its delay is negative, so it fires at once and sets the next one: an idle connection
 * takes 5 % of a core for ever (https://github.com/tulios/kafkajs/issues/1751). A request that is queued later sets a
 * timer of its own, so without pending requests none is needed.
 */
export function quietIdleConnections(): void {
  RequestQueue.prototype.scheduleCheckPendingRequests = function scheduleWhilePending() {
    if (this.pending.length > 0) scheduleCheck.call(this);
  };
}
