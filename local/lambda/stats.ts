import { createHistogram } from 'node:perf_hooks';
import type { InvocationResult } from './invocation.ts';

/** What a function has done since the host started. Durations are those of the invocations alone, without waiting or init. */
export interface FunctionStats {
  readonly functionName: string;
  readonly invocations: number;
  /** Of the invocations, those that ended in a function error. */
  readonly errors: number;
  /** Refused, and not among the invocations. */
  readonly throttles: number;
  /** 0 while nothing was invoked. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** Processes alive. */
  readonly environments: number;
}

export interface Recorder {
  record(result: InvocationResult): void;
  stats(functionName: string, environments: number): FunctionStats;
}

/** Counts results in constant memory, with durations at 0.1 % precision. */
export function createRecorder(): Recorder {
  // Microseconds: the histogram holds integers from 1 on.
  const durations = createHistogram({ lowest: 1, highest: 3_600_000_000, figures: 3 });
  let invocations = 0;
  let errors = 0;
  let throttles = 0;
  const percentileMs = (percentile: number) =>
    durations.count === 0 ? 0 : durations.percentile(percentile) / 1000;

  return {
    record(result) {
      if (result.kind === 'throttled') {
        throttles += 1;
        return;
      }
      invocations += 1;
      if (result.kind === 'function-error') errors += 1;
      durations.record(Math.max(1, Math.round(result.durationMs * 1000)));
    },
    stats: (functionName, environments) => ({
      functionName,
      invocations,
      errors,
      throttles,
      p50Ms: percentileMs(50),
      p95Ms: percentileMs(95),
      environments,
    }),
  };
}
