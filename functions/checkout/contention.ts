import { type Backoff, fullJitter, type Waiting } from '../backoff.ts';

/** How often a contended transaction is tried before it is given up: waits of half a second in all, at most. */
export const ATTEMPTS = 5;
const BACKOFF: Backoff = { baseMs: 25, capMs: 200 };

/** Waits before attempt `attempt` (1 is the first repetition). */
export async function beforeAttempt(attempt: number, { sleep, random }: Waiting): Promise<void> {
  await sleep(fullJitter(BACKOFF, attempt, random));
}
