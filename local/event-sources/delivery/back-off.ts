const FIRST_MS = 200;

/**
 * Milliseconds to wait before the given attempt (1 is the first retry): doubling from 200 ms to `longestMs`, the upper
 * half of each step at random. `random` is in [0, 1). Invented: AWS publishes no schedule.
 */
export function backOffMs(attempt: number, random: number, longestMs = 20_000): number {
  const step = Math.min(longestMs, FIRST_MS * 2 ** (attempt - 1));
  return Math.round(step * (0.5 + random / 2));
}
