import { createRequire } from 'node:module';
import { Kafka, type KafkaConfig, type LogEntry, logLevel } from 'kafkajs';
import { readEveryBatch } from './record-batches.ts';

export interface KafkaClientOptions {
  /** `host:port`, several separated by commas. */
  readonly bootstrapServers: string;
  /** Shows up in the broker's logs and in group descriptions. */
  readonly clientId: string;
  /** Gets a line for what a person should know; by default nothing is said. */
  readonly log?: (line: string) => void;
}

/**
 * A kafkajs client for a plaintext broker.
 *
 * Requests time out after 10 s and connections after 3 s (kafkajs' 1 s is short for a broker that has just started on a
 * busy machine); retriable errors are tried again for about 4 s, quickly at first, because a fresh broker answers
 * "coordinator not available" a few times. Make one client per group member: kafkajs keeps a group's committed offsets
 * per client, and members that share one overwrite each other's. Consumers read every codec that Kafka has; a batch that can't
 * be read is a message for which `unreadableBatch` says why.
 */
export function kafkaClient(options: KafkaClientOptions): Kafka {
  quietRequestQueues();
  readEveryBatch();
  return new Kafka({
    clientId: options.clientId,
    brokers: options.bootstrapServers.split(','),
    connectionTimeout: 3_000,
    requestTimeout: 10_000,
    retry: { initialRetryTime: 100, multiplier: 2, maxRetryTime: 1_000, retries: 6 },
    logLevel: logLevel.WARN,
    logCreator: logTo(options.log),
  });
}

type LogCreator = NonNullable<KafkaConfig['logCreator']>;

function logTo(log: ((line: string) => void) | undefined): LogCreator {
  return () => (entry) => {
    if (log !== undefined && isWorthAPersonsEye(entry)) log(`kafka: ${entry.log.message}`);
  };
}

/** Most of what kafkajs warns about is the normal life of a group, or retried at once. */
function isWorthAPersonsEye({ namespace, log: { message } }: LogEntry): boolean {
  if (namespace === 'BrokerPool') return message.startsWith('Failed to connect to broker');
  return message.startsWith('Offset out of range') || message.startsWith('Failed to send messages');
}

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
