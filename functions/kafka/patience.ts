/**
 * How long a consumer bears an outage before anything of it becomes a dead letter.
 *
 *     one invocation    |- rounds, full jitter between them ------------|- reserve -|
 *                       0                                             until      timeout
 *     one record        |- invocation -|- invocation -| ...   retries + 1 times, then Lambda gives it up
 */
import type { Backoff } from '../backoff.ts';

/**
 * Milliseconds at the end of an invocation in which nothing new begins: enough for a mail under way (7 s), for its mark
 * in the ledger (10 s) and for the dead letters of the batch (10 s), each with every attempt of the SDK's.
 */
export const RESERVE_MS = 30_000;

/** Between two rounds over what could not be done yet. */
export const ROUNDS: Backoff = { baseMs: 200, capMs: 5_000 };

/**
 * Milliseconds of an outage that a record survives at least: what every invocation waits, times the invocations it has.
 *
 * The last wait of an invocation may be one that would have ended too late, hence `ROUNDS.capMs`. What Lambda itself
 * waits between two attempts isn't documented and not counted.
 */
export function outageBudgetMs(mapping: {
  /** The function's timeout in milliseconds. */
  readonly timeoutMs: number;
  /** `MaximumRetryAttempts`. */
  readonly retryAttempts: number;
}): number {
  return (mapping.retryAttempts + 1) * (mapping.timeoutMs - RESERVE_MS - ROUNDS.capMs);
}
