import type { KafkaMessage } from 'kafkajs';
import type { Deliverable } from '../delivery/queue.ts';
import type { PartitionKey, Slice } from '../delivery/state.ts';
import type { Locate } from '../delivery/verdict.ts';

/** A record as the event will carry it. `json` is rendered once, however often the record is delivered. */
export interface KafkaRecord extends Deliverable {
  readonly offset: number;
  readonly json: string;
}

/** A record as kafkajs has it, whose types don't say that a header may be null, nor what the batch says of its records. */
type Message = Pick<KafkaMessage, 'key' | 'value' | 'offset' | 'timestamp'> & {
  readonly headers?: Readonly<Record<string, HeaderValue | readonly HeaderValue[]>>;
  readonly batchContext?: unknown;
};
type HeaderValue = Buffer | string | null | undefined;

/** The key of the event's `records` map, and the `partition` of a batch item failure's identifier. */
export function partitionKey(topic: string, partition: number): PartitionKey {
  return `${topic}-${partition}`;
}

/**
 * Renders a record as Lambda's Kafka event has it: base64 key and value, headers as one-key objects of **signed** bytes.
 * A record without key has no `key`; a tombstone has `"value":null`
 * (https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html; the last two as seen by Powertools, not documented).
 * A header without a value is `null`, which no page says.
 * The timestamp is a number of milliseconds, whatever its producer made of it; its type is that of the batch.
 */
export function kafkaRecord(topic: string, partition: number, message: Message): KafkaRecord {
  const { key, value } = message;
  const json =
    `{"topic":${JSON.stringify(topic)},"partition":${partition},"offset":${message.offset},` +
    `"timestamp":${message.timestamp},"timestampType":"${timestampType(message)}",` +
    (key === null ? '' : `"key":"${key.toString('base64')}",`) +
    `"value":${value === null ? 'null' : `"${value.toString('base64')}"`},` +
    `"headers":[${headersJson(message.headers)}]}`;
  return {
    offset: Number(message.offset),
    timestamp: Number(message.timestamp),
    json,
    bytes: Buffer.byteLength(json) + 1,
  };
}

/** 1 is the time at which the broker took the record, instead of its producer's. */
function timestampType({ batchContext: batch }: Message): 'CREATE_TIME' | 'LOG_APPEND_TIME' {
  const isLogAppendTime =
    typeof batch === 'object' && batch !== null && 'timestampType' in batch && batch.timestampType === 1;
  return isLogAppendTime ? 'LOG_APPEND_TIME' : 'CREATE_TIME';
}

/** Byte to signed number, as Java writes a byte array. */
const SIGNED = Array.from({ length: 256 }, (_, byte) => String(byte < 128 ? byte : byte - 256));

function headersJson(headers: Message['headers']): string {
  let json = '';
  for (const name in headers) {
    const values = headers[name];
    for (const value of Array.isArray(values) ? values : [values]) {
      if (value !== null && !Buffer.isBuffer(value)) continue;
      const bytes = value === null ? 'null' : `[${signedBytes(value)}]`;
      json += `${json === '' ? '' : ','}{${JSON.stringify(name)}:${bytes}}`;
    }
  }
  return json;
}

function signedBytes(bytes: Buffer): string {
  let list = '';
  for (const byte of bytes) list += list === '' ? SIGNED[byte] : `,${SIGNED[byte]}`;
  return list;
}

export interface EventEnvelope {
  readonly eventSourceArn: string;
  readonly bootstrapServers: string;
}

/** The whole event, as JSON; without an envelope, nothing but its records. */
export function kafkaEvent(
  envelope: EventEnvelope | undefined,
  slices: readonly Slice<KafkaRecord>[],
): string {
  const records = slices.map(
    (slice) => `${JSON.stringify(slice.partition)}:[${slice.records.map((record) => record.json).join(',')}]`,
  );
  return `{${envelope === undefined ? '' : envelopeJson(envelope)}"records":{${records.join(',')}}}`;
}

function envelopeJson(envelope: EventEnvelope): string {
  return (
    `"eventSource":"aws:kafka","eventSourceArn":${JSON.stringify(envelope.eventSourceArn)},` +
    `"bootstrapServers":${JSON.stringify(envelope.bootstrapServers)},`
  );
}

/** Bytes of the event that are neither records nor a partition's name. */
export function envelopeBytes(envelope: EventEnvelope): number {
  return Buffer.byteLength(`{${envelopeJson(envelope)}"records":{}}`);
}

/** Bytes a partition adds beside its records: `"<key>":[],`. */
export function sliceBytes(topic: string, partitions: number): number {
  return Buffer.byteLength(JSON.stringify(partitionKey(topic, partitions))) + 4;
}

/**
 * Kafka's item identifier is an object, `{"partition":"<topic>-<n>","offset":<number>}`
 * (https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html); anything else names no record.
 */
export const locateKafkaRecord: Locate<KafkaRecord> = (batch, identifier) => {
  if (typeof identifier !== 'object' || identifier === null) return undefined;
  if (!('partition' in identifier) || !('offset' in identifier)) return undefined;
  const { partition, offset } = identifier;
  if (typeof partition !== 'string' || typeof offset !== 'number') return undefined;
  const slice = batch.slices.find((candidate) => candidate.partition === partition);
  const index = slice === undefined ? -1 : indexOfOffset(slice.records, offset);
  return index === -1 ? undefined : { partition, index };
};

/** Binary search: offsets ascend within a partition, not always by one. */
function indexOfOffset(records: readonly KafkaRecord[], offset: number): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((records[middle]?.offset ?? offset) < offset) low = middle + 1;
    else high = middle;
  }
  return records[low]?.offset === offset ? low : -1;
}
