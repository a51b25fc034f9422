/** The clock of a run; both are replaced in tests. */
export interface Timing {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Resolves after that time, or when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Waits until the next letter may begin: beginnings are evenly spaced, and time that went unused is not made up for. */
export function pacer(ratePerSecond: number, { now, sleep }: Timing): (signal: AbortSignal) => Promise<void> {
  let next = Number.NEGATIVE_INFINITY;
  return async (signal) => {
    const at = Math.max(now(), next);
    next = at + 1000 / ratePerSecond;
    const wait = at - now();
    if (wait > 0) await sleep(wait, signal);
  };
}
