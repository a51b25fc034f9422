import { afterEach, vi } from 'vitest';

// Files share a process: what a test has put over the clock, the environment or a function ends with the test.
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});
