import type { _Record, AttributeValue } from '@aws-sdk/client-dynamodb-streams';
import type { FilterPattern } from '../../resources/stream-mapping.ts';
import type { Deliverable } from '../delivery/queue.ts';
import type { Batch } from '../delivery/state.ts';
import type { Locate } from '../delivery/verdict.ts';

/** A stream record as the event will carry it, rendered once. */
export interface StreamRecord extends Deliverable {
  readonly sequenceNumber: string;
  readonly json: string;
}

/**
 * A record as Lambda's DynamoDB event has it (https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html): DynamoDB's own
 * attribute values, numbers as strings, binary as base64, the creation time in whole seconds. Filters look at this.
 */
export function streamEventRecord(record: _Record, stream: { arn: string; region: string }) {
  const { dynamodb, userIdentity } = record;
  const createdAt = dynamodb?.ApproximateCreationDateTime?.getTime();
  return {
    eventID: record.eventID,
    eventName: record.eventName,
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: stream.region,
    dynamodb: {
      ApproximateCreationDateTime: createdAt === undefined ? undefined : Math.floor(createdAt / 1_000),
      Keys: image(dynamodb?.Keys),
      NewImage: image(dynamodb?.NewImage),
      OldImage: image(dynamodb?.OldImage),
      SequenceNumber: dynamodb?.SequenceNumber,
      SizeBytes: dynamodb?.SizeBytes,
      StreamViewType: dynamodb?.StreamViewType,
    },
    // Set for what time to live deletes.
    userIdentity:
      userIdentity === undefined
        ? undefined
        : { principalId: userIdentity.PrincipalId, type: userIdentity.Type },
    eventSourceARN: stream.arn,
  };
}

/** Renders an event record for delivery. */
export function streamRecord(sequenceNumber: string, timestamp: number, eventRecord: object): StreamRecord {
  const json = JSON.stringify(eventRecord);
  return { sequenceNumber, timestamp, json, bytes: Buffer.byteLength(json) + 1 };
}

/** The whole event, as JSON. */
export function streamEvent(batch: Batch<StreamRecord>): string {
  const records = batch.slices.flatMap((slice) => slice.records);
  return `{"Records":[${records.map((record) => record.json).join(',')}]}`;
}

/** Bytes of the event that aren't records: `{"Records":[]}`. */
export const ENVELOPE_BYTES = 14;

/** A stream's item identifier is the sequence number, a string. */
export const locateStreamRecord: Locate<StreamRecord> = (batch, identifier) => {
  for (const { partition, records } of batch.slices) {
    const index = records.findIndex((record) => record.sequenceNumber === identifier);
    if (index !== -1) return { partition, index };
  }
  return undefined;
};

function image(item: Record<string, AttributeValue> | undefined): Record<string, unknown> | undefined {
  if (item === undefined) return undefined;
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, attribute(value)]));
}

function attribute(value: AttributeValue): unknown {
  if (value.B !== undefined) return { B: base64(value.B) };
  if (value.BS !== undefined) return { BS: value.BS.map(base64) };
  if (value.L !== undefined) return { L: value.L.map(attribute) };
  if (value.M !== undefined) return { M: image(value.M) };
  return value;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/**
 * Makes a filter of event patterns: a record passes if any of them matches it; without patterns all pass.
 *
 * Exact matches only: objects down to lists of the values allowed; all fields named must match
 * (https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html). A mapping with another operator is
 * refused when it is read.
 */
export function recordFilter(patterns: readonly FilterPattern[]): (record: object) => boolean {
  return (record) => patterns.length === 0 || patterns.some((pattern) => matches(pattern, record));
}

function matches(pattern: FilterPattern, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const fields = new Map<string, unknown>(Object.entries(value));
  return Object.entries(pattern).every(([key, wanted]) => {
    const actual = fields.get(key);
    return isList(wanted) ? isAllowed(wanted, actual) : matches(wanted, actual);
  });
}

function isList(wanted: FilterPattern[string]): wanted is readonly Value[] {
  return Array.isArray(wanted);
}

type Value = Extract<FilterPattern[string], readonly unknown[]>[number];

/** A list in the record matches if one of its elements does. */
function isAllowed(allowed: readonly Value[], actual: unknown): boolean {
  const isOne = (value: unknown) => allowed.some((scalar) => scalar === value);
  return Array.isArray(actual) ? actual.some(isOne) : isOne(actual);
}
