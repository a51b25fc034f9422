/** Who moves events. */
export const CONTENDERS = ['relay', 'engine alone', 'bare producer'] as const;
export type RelayContender = (typeof CONTENDERS)[number];

/** As many as a batch of the outbox's stream has at most. */
export const BATCH_SIZE = 100;
/** Enough for each to run some seconds. */
export const EVENTS = { warmUp: 2_000, measured: 10_000 } as const;

export interface RelayTask {
  readonly contender: RelayContender;
  readonly bootstrapServers: string;
  /** Events that are moved before the measurement begins, and those that are measured; whole batches. */
  readonly warmUp: number;
  readonly measured: number;
}

export interface RelayResult {
  readonly eventsPerSecond: number;
  /** User and system time of the process, in milliseconds. */
  readonly cpuMsPerEvent: number;
}
