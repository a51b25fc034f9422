import type { Outcome } from './outcome.ts';
import type { KafkaRecord } from './record.ts';

/** Names one record to an event source mapping; for Kafka an object, where other sources have a string. */
interface KafkaItemIdentifier {
  /** `<topic>-<partition>`, as the batch spelled it. */
  readonly partition: string;
  readonly offset: number;
}

/**
 * The answer to an event source mapping with `ReportBatchItemFailures`: the records to deliver again.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html
 */
export interface KafkaBatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: KafkaItemIdentifier }[];
}

/** A record and how it ended. */
export interface SettledRecord {
  readonly record: KafkaRecord;
  readonly outcome: Outcome;
}

/** Names exactly the records that are to be delivered again. */
export function batchResponse(settled: readonly SettledRecord[]): KafkaBatchResponse {
  return {
    batchItemFailures: settled
      .filter(({ outcome }) => outcome.kind === 'retry')
      .map(({ record }) => ({
        itemIdentifier: { partition: record.topicPartition, offset: record.offset },
      })),
  };
}
