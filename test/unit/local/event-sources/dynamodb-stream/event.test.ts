import { describe, expect, test } from 'vitest';
import { NOTHING_YET } from '../../../../../local/event-sources/delivery/state.ts';
import {
  ENVELOPE_BYTES,
  locateStreamRecord,
  recordFilter,
  streamEvent,
  streamEventRecord,
  streamRecord,
} from '../../../../../local/event-sources/dynamodb-stream/event.ts';

const stream = { arn: 'arn:aws:dynamodb:us-east-1:000000000000:table/T/stream/2026', region: 'us-east-1' };

test("a record is what Lambda's event has: values as DynamoDB writes them, binary as base64, absent images absent", () => {
  const rendered = streamEventRecord(
    {
      eventID: 'e1',
      eventName: 'INSERT',
      eventSource: 'aws:dynamodb',
      dynamodb: {
        ApproximateCreationDateTime: new Date(1_790_000_000_999),
        Keys: { pk: { S: 'a' } },
        NewImage: {
          pk: { S: 'a' },
          n: { N: '12345678901234567890.5' },
          b: { B: Buffer.from([0, 255]) },
          bs: { BS: [Buffer.from([1]), Buffer.from([2])] },
          l: { L: [{ B: Buffer.from([3]) }, { NULL: true }] },
          m: { M: { inner: { B: Buffer.from([4]) } } },
          ns: { NS: ['1', '2'] },
        },
        SequenceNumber: '100000000000000000001',
        SizeBytes: 42,
        StreamViewType: 'NEW_AND_OLD_IMAGES',
      },
    },
    stream,
  );
  expect(JSON.parse(JSON.stringify(rendered))).toStrictEqual({
    eventID: 'e1',
    eventName: 'INSERT',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: 'us-east-1',
    dynamodb: {
      ApproximateCreationDateTime: 1_790_000_000,
      Keys: { pk: { S: 'a' } },
      NewImage: {
        pk: { S: 'a' },
        n: { N: '12345678901234567890.5' },
        b: { B: 'AP8=' },
        bs: { BS: ['AQ==', 'Ag=='] },
        l: { L: [{ B: 'Aw==' }, { NULL: true }] },
        m: { M: { inner: { B: 'BA==' } } },
        ns: { NS: ['1', '2'] },
      },
      SequenceNumber: '100000000000000000001',
      SizeBytes: 42,
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
    eventSourceARN: stream.arn,
  });
});

test('a deletion by time to live tells who did it', () => {
  const rendered = streamEventRecord(
    { eventName: 'REMOVE', userIdentity: { PrincipalId: 'dynamodb.amazonaws.com', Type: 'Service' } },
    stream,
  );
  expect(rendered.userIdentity).toEqual({ principalId: 'dynamodb.amazonaws.com', type: 'Service' });
});

const records = ['11', '12', '13'].map((sequenceNumber) =>
  streamRecord(sequenceNumber, 0, { sequenceNumber, x: 'ü' }),
);
const batch = { id: 1, poller: 1, ...NOTHING_YET, slices: [{ partition: 'shard', epoch: 1, records }] };

test('the event lists the records and is as large as was counted', () => {
  const event = streamEvent(batch);
  expect(JSON.parse(event)).toEqual({ Records: records.map((record) => JSON.parse(record.json)) });
  const counted = records.reduce((sum, record) => sum + record.bytes, ENVELOPE_BYTES);
  // The last record has no comma.
  expect(Buffer.byteLength(event)).toBe(counted - 1);
});

test('an item identifier is a sequence number of the batch, as a string', () => {
  expect(locateStreamRecord(batch, '12')).toEqual({ partition: 'shard', index: 1 });
  for (const other of [12, '', null, undefined, '14', { partition: 'shard', offset: 12 }]) {
    expect(locateStreamRecord(batch, other)).toBeUndefined();
  }
});

const record = {
  eventName: 'INSERT',
  dynamodb: {
    NewImage: {
      status: { S: 'open' },
      tags: { SS: ['a', 'b'] },
      paid: { BOOL: false },
      note: { NULL: true },
    },
  },
};

describe('passes', () => {
  test.each([
    ['without patterns', []],
    ['a value that is in the list', [{ eventName: ['MODIFY', 'INSERT'] }]],
    [
      'all fields of one pattern',
      [{ eventName: ['INSERT'], dynamodb: { NewImage: { status: { S: ['open'] } } } }],
    ],
    ['any of several patterns', [{ eventName: ['REMOVE'] }, { eventName: ['INSERT'] }]],
    ['one element of a list', [{ dynamodb: { NewImage: { tags: { SS: ['b'] } } } }]],
    ['a boolean', [{ dynamodb: { NewImage: { paid: { BOOL: [false] } } } }]],
    ['a pattern without fields', [{}]],
  ])('%s', (_name, patterns) => expect(recordFilter(patterns)(record)).toBe(true));
});

describe('holds back', () => {
  test.each([
    ['another value', [{ eventName: ['REMOVE'] }]],
    [
      'when one field of the pattern differs',
      [{ eventName: ['INSERT'], dynamodb: { NewImage: { status: { S: ['shut'] } } } }],
    ],
    ['a field that is not there', [{ dynamodb: { OldImage: { status: { S: ['open'] } } } }]],
    ['a value of another type', [{ dynamodb: { NewImage: { paid: { BOOL: ['false'] } } } }]],
    ['a name every object has', [{ constructor: { name: ['Object'] } }]],
  ])('%s', (_name, patterns) => expect(recordFilter(patterns)(record)).toBe(false));
});
