import { setTimeout as delay } from 'node:timers/promises';
import type { InvocationResult, Invoke } from '../lambda/invocation.ts';

/** How an event of an asynchronous invocation has fared so far. */
interface Attempts {
  /** Epoch milliseconds. */
  readonly acceptedAt: number;
  /** Ended in a function error. */
  readonly failed: number;
  readonly throttled: number;
}

type Next = { readonly kind: 'retry'; readonly afterMs: number } | { readonly kind: 'give-up' };

const RETRIES_AFTER_MS = [60_000, 120_000];
const MAX_EVENT_AGE_MS = 6 * 3_600_000;
const THROTTLE_MS = { first: 1_000, cap: 300_000 };

/**
 * What becomes of an event whose last attempt was no success: after a function error two more attempts, one minute and
 * then two minutes later; after a throttle as many as there is time for within six hours, from one second apart to five
 * minutes.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
export function afterAttempt(
  attempts: Attempts,
  last: Exclude<InvocationResult['kind'], 'success'>,
  now: number,
): Next {
  const afterMs =
    last === 'function-error'
      ? RETRIES_AFTER_MS[attempts.failed - 1]
      : Math.min(THROTTLE_MS.cap, THROTTLE_MS.first * 2 ** (attempts.throttled - 1));
  if (afterMs === undefined || now + afterMs - attempts.acceptedAt > MAX_EVENT_AGE_MS)
    return { kind: 'give-up' };
  return { kind: 'retry', afterMs };
}

/** Takes events and invokes their functions later, retrying as Lambda does. */
export interface AsynchronousInvocations {
  enqueue(functionName: string, event: string): void;
  /** Drops the events that wait, and says how many: they live in memory alone. */
  stop(): void;
}

export interface AsynchronousPorts {
  readonly invoke: Invoke;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Rejects when the signal is aborted. @default a timer */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<unknown>;
  readonly log: (line: string) => void;
}

export function asynchronousInvocations(ports: AsynchronousPorts): AsynchronousInvocations {
  const { clock, log } = ports;
  const wait = ports.wait ?? ((ms, signal) => delay(ms, undefined, { signal }));
  const stopping = new AbortController();
  let waiting = 0;

  async function run(functionName: string, event: string): Promise<void> {
    let attempts: Attempts = { acceptedAt: clock(), failed: 0, throttled: 0 };
    for (;;) {
      const result = await ports.invoke(functionName, event);
      if (result.kind === 'success') return;
      attempts =
        result.kind === 'throttled'
          ? { ...attempts, throttled: attempts.throttled + 1 }
          : { ...attempts, failed: attempts.failed + 1 };
      const next = afterAttempt(attempts, result.kind, clock());
      if (next.kind === 'give-up') {
        const why = result.kind === 'throttled' ? 'throttled' : result.errorType;
        log(`${functionName}: an asynchronous invocation is given up after its last attempt (${why})`);
        return;
      }
      await wait(next.afterMs, stopping.signal);
    }
  }

  return {
    enqueue(functionName, event) {
      waiting += 1;
      void run(functionName, event)
        .catch((error: unknown) => {
          // What ends because everything ends is counted by `stop`.
          if (stopping.signal.aborted) return;
          const why = error instanceof Error ? error.message : String(error);
          log(`${functionName}: an asynchronous invocation can't be run (${why})`);
        })
        .finally(() => {
          waiting -= 1;
        });
    },
    stop() {
      stopping.abort();
      if (waiting > 0) log(`${waiting} asynchronous invocations had not ended and are lost`);
    },
  };
}
