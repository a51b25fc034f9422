import { type Backoff, fullJitter } from '../backoff.ts';

/** Time and chance for waiting between attempts. */
export interface Waiting {
  /** Resolves after `ms` milliseconds. */
  sleep(ms: number): Promise<unknown>;
  /** 0 to below 1. */
  random(): number;
}

/** How often a contended transaction is tried before it is given up: waits of half a second in all, at most. */
export const ATTEMPTS = 5;
const BACKOFF: Backoff = { baseMs: 25, capMs: 200 };

/** Waits before attempt `attempt` (1 is the first repetition). */
export async function beforeAttempt(attempt: number, { sleep, random }: Waiting): Promise<void> {
  await sleep(fullJitter(BACKOFF, attempt, random));
}
