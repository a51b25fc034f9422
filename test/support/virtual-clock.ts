import type { Timing } from '../../local/cli/pacing.ts';

/** A clock that stands still while anything runs, and then jumps to the time when the next sleeper wakes. */
export function virtualClock(start: number): Timing {
  let now = start;
  const sleepers: { readonly at: number; readonly wake: () => void }[] = [];
  const wakeNext = () => {
    sleepers.sort((one, other) => one.at - other.at);
    const next = sleepers.shift();
    if (next === undefined) return;
    now = Math.max(now, next.at);
    next.wake();
  };
  return {
    now: () => now,
    sleep: (ms) =>
      new Promise((wake) => {
        sleepers.push({ at: now + ms, wake });
        setImmediate(wakeNext);
      }),
  };
}
