/**
 * Lambda's event for a Kafka source (https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html):
 *
 *     event   = { "records": { "<topic>-<partition>": [record, ...], ... }, ... }
 *     record  = { "topic", "partition": n, "offset": n, "timestamp": epoch ms,
 *                 "key": base64 | null | absent, "value": base64 | null | absent,
 *                 "headers": [ { "<name>": [byte, ...] }, ... ], ... }
 *     byte    = -128..127, as Java has it
 *
 * Only `records` is relied on: batches that were delivered again have been seen without the fields beside it. An event
 * that an operator's replay made has the field `replay` too, which Lambda's never have.
 */
import * as z from 'zod';
import { OrderlyError } from '../errors.ts';
import type { KafkaRecord } from './record.ts';

type Header = Readonly<Record<string, readonly number[]>>;

/** Bytes of headers are taken as they are: to check each number would cost more than all the rest of the record. */
const header = z.custom<Header>(
  (value) => typeof value === 'object' && value !== null && Object.values(value).every(Array.isArray),
);

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
        headers: z.array(header).nullish(),
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
      headers: (headers ?? []).flatMap(headerEntries),
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

/** A typed array stores -61 as 195, which turns Java's bytes into ours. */
function headerEntries(header: Header): [name: string, value: Uint8Array][] {
  return Object.entries(header).map(([name, bytes]) => [name, Uint8Array.from(bytes)]);
}
