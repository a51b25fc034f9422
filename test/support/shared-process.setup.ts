import { setTimeout } from 'node:timers';
import { afterEach, expect, vi } from 'vitest';

// Files share a process: what a test has put over the clock, the environment or a function ends with the test.
afterEach(() => {
  // First what may lie over a clock that is put on, then that clock: the other way round the clock's timers would stay.
  vi.restoreAllMocks();
  vi.useRealTimers();
  vi.unstubAllEnvs();
  expect(globalThis.setTimeout, 'the test leaves timers of its own to all that come after it').toBe(
    setTimeout,
  );
});
