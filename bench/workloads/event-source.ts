/** What an event source takes to bring records to a function, seen from inside its process; it reads until it is ended. */
import { setTimeout as delay } from 'node:timers/promises';
import { kafkaClient } from '../../local/kafka/client.ts';
import { bareLoop } from '../contenders/bare-loop.ts';
import { offlinePlugin } from '../contenders/offline-plugin.ts';
import { orderlyEventSource } from '../contenders/orderly-event-source.ts';
import { percentile } from '../report.ts';

/** Where a contender reads, and whom it calls. */
export interface Assignment {
  readonly bootstrapServers: string;
  readonly topic: string;
  readonly groupId: string;
  /** Records in one event, at most. */
  readonly batchSize: number;
  /** Folder of the function's code, `index.js`. */
  readonly codeDir: string;
  /** The export of `index.js` that is called. */
  readonly handler: 'noop' | 'slow';
  /** Folder into which the package was installed; only the package needs it. */
  readonly packageDir: string;
}

/** Begins to read from the topic's beginning, and tells how many records each call of the function has handled. */
export type EventSource = (assignment: Assignment, onHandled: (records: number) => void) => Promise<void>;

export const EVENT_SOURCES = {
  orderly: orderlyEventSource,
  'offline plugin': offlinePlugin,
  'bare loop': bareLoop,
} satisfies Record<string, EventSource>;

export const PARTITIONS = 3;

/**
 * The function that is called. It does nothing but count the records, so that nobody can claim calls that brought none;
 * `slow` takes its time.
 */
export const FUNCTION_CODE = `
const count = (event) => Object.values(event.records).reduce((sum, records) => sum + records.length, 0);
exports.noop = async (event) => count(event);
exports.slow = async (event) => {
  await new Promise((resolve) => setTimeout(resolve, 50));
  return count(event);
};
`;

export interface EventSourceTask extends Assignment {
  readonly contender: keyof typeof EVENT_SOURCES;
  readonly what: 'throughput' | 'latency';
  /** Records that are handled before the measurement begins, and those that are measured. */
  readonly warmUp: number;
  readonly records: number;
}

/** What is asked for as `what`. */
export function measure(task: EventSourceTask): Promise<Record<string, number>> {
  return task.what === 'throughput' ? throughput(task) : latency(task);
}

/** From the end of the warm-up to the last record, in one go. */
async function throughput({ contender, warmUp, records, ...assignment }: EventSourceTask) {
  const done = Promise.withResolvers<Record<string, number>>();
  let [handled, batches, firstRecordMs] = [0, 0, 0];
  let begin: { readonly at: number; readonly handled: number; readonly batches: number } | undefined;
  await EVENT_SOURCES[contender](assignment, (count) => {
    const now = performance.now();
    // From the start of the process to the end of the first call.
    if (handled === 0) firstRecordMs = now;
    handled += count;
    batches += 1;
    if (handled >= warmUp) begin ??= { at: now, handled, batches };
    if (begin === undefined || handled < warmUp + records) return;
    const measured = handled - begin.handled;
    done.resolve({
      recordsPerSecond: (measured / (now - begin.at)) * 1000,
      firstRecordMs,
      meanBatch: measured / (batches - begin.batches),
    });
  });
  return done.promise;
}

/** One record after the other, from the call of the producer to the return of the function. */
async function latency({ contender, warmUp, records, ...assignment }: EventSourceTask) {
  let arrived = Promise.withResolvers<number>();
  await EVENT_SOURCES[contender](assignment, () => arrived.resolve(performance.now()));
  const producer = kafkaClient({ ...assignment, clientId: 'bench-producer' }).producer();
  await producer.connect();
  const latenciesMs: number[] = [];
  for (let n = 0; n < warmUp + records; n += 1) {
    arrived = Promise.withResolvers();
    const sentAt = performance.now();
    await producer.send({
      topic: assignment.topic,
      messages: [{ partition: n % PARTITIONS, value: String(n) }],
    });
    const tookMs = (await arrived.promise) - sentAt;
    if (n >= warmUp) latenciesMs.push(tookMs);
    // Uneven, so as not to fall into step with anybody's timer.
    await delay(5 + (n % 7) * 3);
  }
  latenciesMs.sort((a, b) => a - b);
  return { p50Ms: percentile(latenciesMs, 50), p95Ms: percentile(latenciesMs, 95) };
}
