import { setTimeout as sleep } from 'node:timers/promises';

/** How long to wait before trying again: `baseMs` doubles with each attempt, up to `capMs`. */
export interface Backoff {
  readonly baseMs: number;
  readonly capMs: number;
}

/**
 * Milliseconds to wait before attempt `attempt` (1 is the first repetition), with full jitter: anything between 0 and
 * the doubled base, so that clients that failed together do not come back together
 * (https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/). `random` is 0 to below 1.
 */
export function fullJitter(backoff: Backoff, attempt: number, random: () => number): number {
  return random() * Math.min(backoff.capMs, backoff.baseMs * 2 ** (attempt - 1));
}

/** Time and chance for waiting between attempts. */
export interface Waiting {
  /** Resolves after `ms` milliseconds. */
  sleep(ms: number): Promise<unknown>;
  /** 0 to below 1. */
  random(): number;
}

/** The same, and time that runs out. */
export interface Timing extends Waiting {
  /** A signal that aborts after `ms` milliseconds. */
  timeout(ms: number): AbortSignal;
}

/** Time as the clock on the wall has it. */
export const IN_REAL_TIME: Timing = {
  sleep,
  random: Math.random,
  // A signal that would abort at once is none that could be made of a negative number.
  timeout: (ms) => AbortSignal.timeout(Math.max(0, ms)),
};
