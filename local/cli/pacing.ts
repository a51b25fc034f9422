import { setTimeout as delay } from 'node:timers/promises';

/** The clock of a run; both are replaced in tests. */
export interface Timing {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Resolves after that time, or when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** The clock of this machine. */
export const realTiming: Timing = {
  now: Date.now,
  sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
};

/** Waits until the next piece of work may begin: beginnings are evenly spaced, and time that went unused is not made up for. */
export function pacer(ratePerSecond: number, { now, sleep }: Timing): (signal: AbortSignal) => Promise<void> {
  let next = Number.NEGATIVE_INFINITY;
  return async (signal) => {
    const at = Math.max(now(), next);
    next = at + 1000 / ratePerSecond;
    const wait = at - now();
    if (wait > 0) await sleep(wait, signal);
  };
}
