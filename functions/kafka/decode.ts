/**
 * Lambda's event for a Kafka source (https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html):
 *
 *     event   = { "records": { "<topic>-<partition>": [record, ...], ... }, ... }
 *     record  = { "topic", "partition": n, "offset": n, "timestamp": epoch ms,
 *                 "key": base64 | null | absent, "value": base64 | null | absent,
 *                 "headers": [ { "<name>": [byte, ...] | null }, ... ] | null | absent, ... }
 *     byte    = -128..127, as Java has it
 *
 * A header is whatever its producer wrote: null, binary, there twice. AWS doesn't say how a null one is spelled, so that
 * whatever stands in a header's place is taken, and none of it is a reason to refuse the batch.
 *
 * Only `records` is relied on: batches that were delivered again have been seen without the fields beside it. An event
 * that an operator's replay made has the field `replay` too, which Lambda's never have.
 */
import * as z from 'zod';
import { OrderlyError } from '../errors.ts';
import type { WireRecord } from '../orders/wire.ts';

const KafkaEvent = z.object({
  records: z.record(
    z.string(),
    z.array(
      z.object({
        topic: z.string(),
        partition: z.int(),
        offset: z.int(),
        timestamp: z.number(),
        key: z.string().nullish(),
        value: z.string().nullish(),
        headers: z.unknown().optional(),
      }),
    ),
  ),
});

/**
 * The records of a batch, partition by partition, each partition in the order of its offsets.
 *
 * @throws {OrderlyError} `KAFKA_EVENT_INVALID`: it is no event of a Kafka source, so no record of it can be named.
 */
export function decodeKafkaEvent(event: unknown): KafkaRecord[] {
  const parsed = KafkaEvent.safeParse(event);
  if (!parsed.success) {
    const path = parsed.error.issues[0]?.path.join('.') ?? '';
    throw new OrderlyError('KAFKA_EVENT_INVALID', `not an event of a Kafka event source: look at "${path}"`);
  }
  return Object.entries(parsed.data.records).flatMap(([topicPartition, records]) =>
    records.map(({ topic, partition, offset, timestamp, key, value, headers }) => ({
      topicPartition,
      topic,
      partition,
      offset,
      timestamp,
      key: bytesOf(key),
      value: bytesOf(value),
      headers: Array.isArray(headers) ? headers.flatMap(headerEntries) : [],
    })),
  );
}

const Replay = z.object({ replay: z.object({ runId: z.string() }) });

/** Whether dead letters are being replayed with this event, rather than the topic being read. */
export function isReplay(event: unknown): boolean {
  return Replay.safeParse(event).success;
}

function bytesOf(base64: string | null | undefined): Uint8Array | null {
  return base64 === null || base64 === undefined ? null : Buffer.from(base64, 'base64');
}

function headerEntries(header: unknown): KafkaRecord['headers'] {
  return Object.entries(header ?? {}).map(([name, value]) => [name, headerValue(value)]);
}

/**
 * A typed array stores -61 as 195, which turns Java's bytes into ours; to check that each is a number would cost more than
 * all the rest of the record. What is no list is kept as the text that it is.
 */
function headerValue(value: unknown): Uint8Array | null {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return Uint8Array.from(value);
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
}

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
