import fc from 'fast-check';
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
  readonly headers: readonly Readonly<Record<string, readonly number[] | null>>[];
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

/** Names that are ours, that others are known for, that every object has, and any. */
const HEADER_NAMES = [
  'ce_type',
  'ce_id',
  'ce_x',
  'traceparent',
  'value.schema.id',
  '__proto__',
  'constructor',
  '',
];

/** A header of any producer, as Lambda spells it: text, binary, empty, null, under a name that may come again. */
export function lambdaHeader(): fc.Arbitrary<Readonly<Record<string, readonly number[] | null>>> {
  const name = fc.oneof(fc.constantFrom(...HEADER_NAMES), fc.string());
  const value = fc.oneof(
    fc.constant(null),
    fc.array(fc.integer({ min: -128, max: 127 }), { maxLength: 12 }),
    fc.string().map(signed),
  );
  // Spelled and read as JSON, since a literal would take `__proto__` for something else.
  return fc
    .tuple(name, value)
    .map(([key, list]) => JSON.parse(`{${JSON.stringify(key)}:${JSON.stringify(list)}}`));
}
