import type { TableDescription } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { type TableModel, tableDifference } from '../../../../local/resources/table.ts';
import { accepts, functionResource, judged, tableResource } from '../fixtures.ts';

const index = {
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'email', AttributeType: 'S' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'byEmail',
      KeySchema: [{ AttributeName: 'email', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['name'] },
    },
  ],
};
const localIndex = {
  LocalSecondaryIndexes: [{ IndexName: 'byTime', KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }] }],
};
const consumer = (table: unknown) => functionResource({ Environment: { Variables: { TABLE: table } } });

describe('tables', () => {
  it('have keys, a stream and a time to live', () => {
    const { model, findings } = judged({
      Outbox: tableResource({
        TableName: 'outbox',
        AttributeDefinitions: [
          { AttributeName: 'orderId', AttributeType: 'S' },
          { AttributeName: 'seq', AttributeType: 'N' },
        ],
        KeySchema: [
          { AttributeName: 'orderId', KeyType: 'HASH' },
          { AttributeName: 'seq', KeyType: 'RANGE' },
        ],
        StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
        TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      }),
    });
    expect(findings).toEqual([]);
    expect(model.tables).toEqual([
      {
        logicalId: 'Outbox',
        path: 'Outbox',
        name: 'outbox',
        keys: [
          { name: 'orderId', role: 'HASH', type: 'S' },
          { name: 'seq', role: 'RANGE', type: 'N' },
        ],
        indexes: [],
        streamView: 'NEW_IMAGE',
        timeToLiveAttribute: 'ttl',
      },
    ]);
  });

  it('have no time to live where it is switched off', () => {
    const { model } = judged({
      Table: tableResource({ TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: false } }),
    });
    expect(model.tables[0]?.timeToLiveAttribute).toBeUndefined();
  });

  it('may be global: settings of a replica are judged one by one', () => {
    const global = (replica: Readonly<Record<string, unknown>>) => ({
      Table: {
        ...tableResource({ Replicas: [{ Region: { Ref: 'AWS::Region' }, ...replica }] }),
        Type: 'AWS::DynamoDB::GlobalTable',
      },
      Consumer: functionResource({ Environment: { Variables: { TABLE: { Ref: 'Table' } } } }),
    });
    const backedUp = judged(
      global({ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }),
    );
    expect(backedUp.findings).toEqual([]);
    expect(backedUp.model.tables).toHaveLength(1);
    const streamed = judged(global({ KinesisStreamSpecification: { StreamArn: 'arn' } }));
    expect(accepts(streamed.findings)).toEqual(['Table.Replicas.0.KinesisStreamSpecification']);
  });

  it('have global indexes', () => {
    const { model, findings } = judged({ Table: tableResource(index), Consumer: consumer({ Ref: 'Table' }) });
    expect(findings).toEqual([]);
    expect(model.tables[0]?.indexes).toEqual([
      {
        name: 'byEmail',
        keys: [{ name: 'email', role: 'HASH', type: 'S' }],
        projection: 'INCLUDE',
        included: ['name'],
      },
    ]);
  });

  it('need a type for each key of an index', () => {
    const { AttributeDefinitions: _, ...untyped } = index;
    const { findings } = judged({ Table: tableResource(untyped), Consumer: consumer({ Ref: 'Table' }) });
    expect(accepts(findings)).toEqual(['Table.GlobalSecondaryIndexes']);
  });

  it('with a local index are refused where a function names them', () => {
    const { findings } = judged({ Table: tableResource(localIndex), Consumer: consumer({ Ref: 'Table' }) });
    expect(accepts(findings)).toEqual(['Table.LocalSecondaryIndexes']);
  });

  it('with a local index are refused where a function names them by a text', () => {
    const { findings } = judged({
      Table: tableResource({ ...localIndex, TableName: 'orders' }),
      Consumer: consumer('orders'),
    });
    expect(accepts(findings)).toEqual(['Table.LocalSecondaryIndexes']);
  });

  it('with a local index are listed as not emulated where nobody names them', () => {
    const { model, findings } = judged({ Table: tableResource(localIndex) });
    expect(findings).toEqual([]);
    expect(model.tables).toEqual([]);
    expect(model.notEmulated).toEqual([{ logicalId: 'Table', path: 'Table', type: 'AWS::DynamoDB::Table' }]);
  });

  it('need a type for each key', () => {
    const { findings } = judged({
      Table: tableResource({ AttributeDefinitions: [] }),
      Consumer: functionResource({ Environment: { Variables: { TABLE: { Ref: 'Table' } } } }),
    });
    expect(accepts(findings)).toEqual(['Table.KeySchema']);
  });
});

describe('a table that exists', () => {
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
});
