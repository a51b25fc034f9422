import type { MappingModel } from '../resources/event-source-mapping.ts';

/** An event source mapping at work: it reads its source and invokes its function until it is stopped. */
export interface EventSource {
  /**
   * Asks the source for its positions, so it takes a request or two. While the source can't be reached it names no
   * partition, and `lastProcessingResult` tells.
   */
  status(): Promise<MappingStatus>;
  /**
   * Begins no further invocation, and resolves when those in flight have ended, fifteen minutes later at the latest: no
   * function runs longer. What they handled is kept. `stop` has to follow, and may come meanwhile.
   */
  drain(): Promise<void>;
  /** Waits up to a second for invocations in flight, keeps what they handled, and leaves. Idempotent. */
  stop(): Promise<void>;
}

/** The bound of `drain`: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const DRAIN_MS = 15 * 60_000;

/** Lambda's `State` of an event source mapping, as far as one gets here. */
export type MappingState = 'Creating' | 'Enabling' | 'Enabled' | 'Disabling' | 'Disabled';

/** How far one partition (or stream shard) has come. Positions are offsets for Kafka, sequence numbers for streams. */
export interface PartitionStatus {
  readonly partition: number | string;
  /** The next offset to read (Kafka) or the last sequence number handled (streams); null: none yet. */
  readonly committed: number | bigint | null;
  /** The offset the next record will get; null where the source doesn't tell. */
  readonly end: number | bigint | null;
  /** Records between the two; null where the source doesn't tell. */
  readonly lag: number | null;
}

export interface MappingStatus {
  readonly logicalId: string;
  readonly uuid: string;
  readonly kind: MappingModel['kind'];
  readonly functionName: string;
  readonly state: MappingState;
  /** Lambda's `LastProcessingResult`: `No records processed`, `OK`, or `PROBLEM: …`. */
  readonly lastProcessingResult: string;
  /** What is read and as whom: `orders as email-service`, or the stream's table. */
  readonly source: string;
  readonly partitions: readonly PartitionStatus[];
  /** Records handled since the local cloud started. */
  readonly delivered: number;
  /** Invocations that have ended since then. */
  readonly batches: number;
  /** Those of them after which at least one record had to be delivered again, or was given up. */
  readonly failedBatches: number;
  /** Records given up and delivered to the on-failure destination. */
  readonly deadLettered: number;
  /** Records given up and not delivered anywhere. */
  readonly dropped: number;
}
