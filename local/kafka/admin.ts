import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import { LocalCloudError } from '../errors.ts';

/** Short at first: a broker that has just started needs milliseconds to lead what it has just made. */
const PAUSE_MS = { first: 20, cap: 1_000 };

/**
 * Asks a broker what `ask` wants to know, or has it do something, on an admin connection that is there only meanwhile.
 *
 * `ask` is done again as a whole, on a new connection, while the error is one that passes (`isPassing`); so what it
 * changes has to bear that. kafkajs tries some of its admin calls again by itself, and others, `fetchOffsets` and
 * `listTopics` among them, never.
 *
 * @param withinMs after which it is given up, an answer that doesn't come included
 * @throws what `ask` last failed with; `ENGINE_UNREACHABLE` if the time was up without an answer
 */
export async function askBroker<T>(
  kafka: Kafka,
  ask: (admin: Admin) => Promise<T>,
  withinMs = 20_000,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (let pauseMs = PAUSE_MS.first; ; pauseMs = Math.min(PAUSE_MS.cap, pauseMs * 2)) {
    try {
      return await once(kafka, ask, deadline - performance.now(), withinMs);
    } catch (error) {
      if (!isPassing(error) || performance.now() + pauseMs >= deadline) throw error;
    }
    await sleep(pauseMs);
  }
}

async function once<T>(
  kafka: Kafka,
  ask: (admin: Admin) => Promise<T>,
  leftMs: number,
  withinMs: number,
): Promise<T> {
  const admin = kafka.admin();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const message = `No answer from Kafka within ${Math.round(withinMs / 1000)} s.`;
    late.reject(new LocalCloudError('ENGINE_UNREACHABLE', message, { retriable: true }));
  }, leftMs);
  try {
    return await Promise.race([admin.connect().then(() => ask(admin)), late.promise]);
  } finally {
    clearTimeout(timer);
    // Nobody has to wait for a connection that is in nobody's way any more.
    void admin.disconnect().catch(() => undefined);
  }
}

/** A coordinator that has just been elected loads its groups; kafkajs takes some of that for final. */
const COMING_UP: ReadonlySet<string> = new Set([
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
]);

/** What kafkajs itself calls final, without the broker's word, when its picture of the cluster isn't there yet. */
const OUT_OF_DATE: ReadonlySet<string> = new Set(['KafkaJSGroupCoordinatorNotFound', 'KafkaJSLockTimeout']);

/** Whether a group's coordinator is only about to be there (https://kafka.apache.org/protocol#protocol_error_codes). */
export function isComingUp(error: unknown): boolean {
  return error instanceof Error && 'type' in error && COMING_UP.has(String(error.type));
}

/** Whether the same request may be answered a moment later, without anything being changed. */
function isPassing(error: unknown): boolean {
  const { KafkaJSAggregateError, KafkaJSError, KafkaJSNumberOfRetriesExceeded } = kafkajs;
  if (error instanceof LocalCloudError) return false;
  if (error instanceof KafkaJSAggregateError) return error.errors.every(isPassing);
  if (error instanceof KafkaJSNumberOfRetriesExceeded)
    return error.cause === undefined || isPassing(error.cause);
  if (!(error instanceof KafkaJSError)) return false;
  return error.retriable || isComingUp(error) || OUT_OF_DATE.has(error.name);
}

/** Whether an error of a client means that no broker answered, or none in time. */
export function isUnreachable(error: unknown): boolean {
  const { KafkaJSConnectionError, KafkaJSNumberOfRetriesExceeded } = kafkajs;
  return (
    error instanceof KafkaJSConnectionError ||
    error instanceof KafkaJSNumberOfRetriesExceeded ||
    (error instanceof LocalCloudError && error.code === 'ENGINE_UNREACHABLE')
  );
}
