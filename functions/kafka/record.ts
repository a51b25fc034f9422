import type { WireRecord } from '../orders/wire.ts';

/** A record as Lambda delivered it: its bytes and where they lie. */
export interface KafkaRecord extends WireRecord {
  /** The record's key in Lambda's `records` map, `<topic>-<partition>`: what a batch item failure names. */
  readonly topicPartition: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Epoch milliseconds, the producer's or the broker's clock by the topic's `message.timestamp.type`. */
  readonly timestamp: number;
}
