import type { TableDescription } from '@aws-sdk/client-dynamodb';
import { expect, it } from 'vitest';
import type { TableModel } from '../../../../local/assembly/model.ts';
import { tableDifference } from '../../../../local/provisioning/table-difference.ts';

const model: TableModel = {
  logicalId: 'Outbox',
  path: 'Stack/Outbox',
  name: 'outbox',
  keys: [
    { name: 'orderId', role: 'HASH', type: 'S' },
    { name: 'seq', role: 'RANGE', type: 'N' },
  ],
  indexes: [],
  streamView: 'NEW_IMAGE',
  timeToLiveAttribute: undefined,
};
const existing: TableDescription = {
  KeySchema: [
    { AttributeName: 'orderId', KeyType: 'HASH' },
    { AttributeName: 'seq', KeyType: 'RANGE' },
  ],
  // DynamoDB tells attributes in any order.
  AttributeDefinitions: [
    { AttributeName: 'seq', AttributeType: 'N' },
    { AttributeName: 'orderId', AttributeType: 'S' },
  ],
  StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
};

it('finds no difference where there is none, nor in a stream that one of them lacks', () => {
  expect(tableDifference(existing, model)).toBeUndefined();
  expect(tableDifference({ ...existing, StreamSpecification: undefined }, model)).toBeUndefined();
  expect(tableDifference(existing, { ...model, streamView: undefined })).toBeUndefined();
});

it('names a key of other names, types or roles', () => {
  const hashOnly = { ...model, keys: model.keys.slice(0, 1) };
  expect(tableDifference(existing, hashOnly)).toBe(
    'the key orderId HASH S, seq RANGE N, modelled is orderId HASH S',
  );
  const typed: TableModel = { ...model, keys: model.keys.map((key) => ({ ...key, type: 'S' })) };
  expect(tableDifference(existing, typed)).toContain('modelled is orderId HASH S, seq RANGE S');
});

it('names an index that is missing, or has another key or projection', () => {
  const byTime: TableModel['indexes'][number] = {
    name: 'byTime',
    keys: [{ name: 'at', role: 'HASH', type: 'S' }],
    projection: 'INCLUDE',
    included: ['b', 'a'],
  };
  const indexed = { ...model, indexes: [byTime] };
  expect(tableDifference(existing, indexed)).toBe('no index byTime');
  const withIndex: TableDescription = {
    ...existing,
    AttributeDefinitions: [
      ...(existing.AttributeDefinitions ?? []),
      { AttributeName: 'at', AttributeType: 'S' },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'byTime',
        KeySchema: [{ AttributeName: 'at', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['a', 'b'] },
      },
    ],
  };
  expect(tableDifference(withIndex, indexed)).toBeUndefined();
  expect(tableDifference(withIndex, model)).toBeUndefined();
  expect(tableDifference(withIndex, { ...model, indexes: [{ ...byTime, projection: 'ALL' }] })).toBe(
    'the index byTime on at HASH S with INCLUDE a b, modelled is at HASH S with ALL',
  );
});

it('names another stream view', () => {
  const difference = tableDifference(existing, { ...model, streamView: 'KEYS_ONLY' });
  expect(difference).toBe('the stream view NEW_IMAGE, modelled is KEYS_ONLY');
});
