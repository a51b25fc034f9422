import type { Assignment } from './contenders/contender.ts';

export type ContenderName = 'orderly' | 'bare loop' | 'offline plugin';

export interface Task<M extends keyof Results = keyof Results> extends Assignment {
  readonly contender: ContenderName;
  readonly measure: M;
  /** Records that are handled before the measurement begins, and those that are measured. */
  readonly warmUp: number;
  readonly records: number;
}

export interface Results {
  readonly throughput: {
    readonly recordsPerSecond: number;
    /** From the start of the process to the end of the first call. */
    readonly firstRecordMs: number;
    readonly meanBatch: number;
  };
  readonly latency: { readonly latenciesMs: readonly number[] };
}
