/** Who does which job. */
export const CONTENDERS = {
  shipping: ['orderly', 'Powertools in parallel', 'Powertools in sequence', 'conditional Put'],
  email: ['orderly', 'Powertools in parallel', 'Powertools in sequence'],
} as const;

export type Job = keyof typeof CONTENDERS;
export type ConsumerName = (typeof CONTENDERS)[Job][number];

/** Records in one event. */
export const BATCH_SIZE = 100;

/** Enough for each to run some seconds; the slower ones get fewer, as their rate doesn't change with more. */
export const RECORDS: Readonly<Record<ConsumerName, Pick<ConsumerTask, 'warmUp' | 'records'>>> = {
  orderly: { warmUp: 2_000, records: 10_000 },
  'Powertools in parallel': { warmUp: 1_000, records: 2_000 },
  'Powertools in sequence': { warmUp: 1_000, records: 2_000 },
  'conditional Put': { warmUp: 1_000, records: 5_000 },
};

export interface ConsumerTask {
  readonly job: Job;
  readonly contender: ConsumerName;
  /** Records in one event. */
  readonly batchSize: number;
  /** Records that are delivered, twice, before the measurement begins, and those that are measured; whole batches. */
  readonly warmUp: number;
  readonly records: number;
  /** Folder into which Powertools was installed; only Powertools needs it. */
  readonly packageDir: string;
}

/** One delivery of all measured records, batch after batch. */
export interface Delivery {
  readonly recordsPerSecond: number;
  /** HTTP requests to DynamoDB, those that the SDK sent again included. */
  readonly requestsPerRecord: number;
  /** User and system time of the consumer's process, in milliseconds. */
  readonly cpuMsPerRecord: number;
}

export interface ConsumerResult {
  readonly fresh: Delivery;
  /** The same records once more: all of them duplicates. */
  readonly again: Delivery;
}
