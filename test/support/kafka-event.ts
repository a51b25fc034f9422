import type { EncodedEvent } from '../../functions/orders/wire.ts';

/** One record as it stands in Lambda's event for a Kafka source. */
export interface LambdaRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly timestampType: 'CREATE_TIME' | 'LOG_APPEND_TIME';
  readonly key?: string | null;
  readonly value?: string | null;
  readonly headers: readonly Readonly<Record<string, readonly number[]>>[];
}

/** Lambda's event for a Kafka source, as one that is delivered again has been seen: `records` alone. */
export interface LambdaKafkaEvent {
  readonly records: Readonly<Record<string, readonly LambdaRecord[]>>;
}

const base64 = (bytes: Uint8Array | string) => Buffer.from(bytes).toString('base64');

/** Header bytes as Lambda spells them, -128 to 127. */
const signed = (text: string) => [...new Int8Array(Buffer.from(text, 'utf8'))];

/** The record that carries `event` at this place. */
export function lambdaRecord(event: EncodedEvent, offset: number, partition = 0): LambdaRecord {
  return {
    topic: 'orders',
    partition,
    offset,
    timestamp: 1_772_366_400_000 + offset,
    timestampType: 'CREATE_TIME',
    key: base64(event.key),
    value: base64(event.value),
    headers: Object.entries(event.headers).map(([name, value]) => ({ [name]: signed(value) })),
  };
}

/** The event that delivers these records, each under its own partition. */
export function kafkaEvent(records: readonly LambdaRecord[]): LambdaKafkaEvent {
  return {
    records: Object.fromEntries(Map.groupBy(records, ({ topic, partition }) => `${topic}-${partition}`)),
  };
}

/** The events one after another in partition 0, from offset 0. */
export function kafkaEventOf(events: readonly EncodedEvent[]): LambdaKafkaEvent {
  return kafkaEvent(events.map((event, offset) => lambdaRecord(event, offset)));
}
