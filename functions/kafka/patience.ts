/**
 * How long a consumer bears an outage before anything of it becomes a dead letter.
 *
 *     one invocation    |- rounds, full jitter between them ------------|- reserve -|
 *                       0                                             until      timeout
 *     one record        |- invocation -|- invocation -| ...   retries + 1 times, then Lambda gives it up
 */
import type { Backoff } from '../backoff.ts';

/**
 * Milliseconds at the end of an invocation in which nothing new begins:
 *
 *     until                    signal              timeout
 *       |- a mail -|--- its mark ---|--- letters ---|-answer-|
 *           7 s          10 s             10 s          2 s
 *
 * What isn't done at `signal` is ended: a mark counts as not written, all else is delivered again; so are the records whose
 * letters aren't written in their time, which is longer when the rounds end early.
 */
export const RESERVE_MS = 30_000;
/** Of it, for the dead letters of the batch. */
export const LETTERS_MS = 10_000;

/** Between two rounds over what could not be done yet. */
export const ROUNDS: Backoff = { baseMs: 200, capMs: 5_000 };

/** The first delivery of a record that is withheld on suspicion takes so long. */
const FIRST_HOLD_MS = 15_000;

/**
 * Milliseconds that an invocation keeps records which are withheld on suspicion: as long again as the oldest of them has
 * been on the topic. So the first deliveries are short, and leave the environment to other records, which may clear the
 * code; and a bad deployment, which nothing clears, is borne for about as long as an outage. A record from the future has
 * an age that says nothing.
 */
export function holdMs(ageMs: number): number {
  return ageMs < 0 ? Number.POSITIVE_INFINITY : Math.max(FIRST_HOLD_MS, ageMs);
}

/** How a mapping delivers a record. */
interface Deliveries {
  /** The function's timeout in milliseconds. */
  readonly timeoutMs: number;
  /** `MaximumRetryAttempts`. */
  readonly retryAttempts: number;
}

/**
 * Milliseconds of an outage that a record survives at least: what every invocation waits, times the invocations it has.
 *
 * The last wait of an invocation may be one that would have ended too late, hence `ROUNDS.capMs`. What Lambda itself
 * waits between two attempts isn't documented and not counted.
 */
export function outageBudgetMs({ timeoutMs, retryAttempts }: Deliveries): number {
  return (retryAttempts + 1) * (timeoutMs - RESERVE_MS - ROUNDS.capMs);
}

/** Milliseconds of a bad deployment that a record survives at least, counted in the same way. */
export function badDeployBudgetMs({ timeoutMs, retryAttempts }: Deliveries): number {
  let age = 0;
  for (let delivery = 0; delivery <= retryAttempts; delivery++) {
    age += Math.min(holdMs(age), timeoutMs - RESERVE_MS) - ROUNDS.capMs;
  }
  return age;
}
