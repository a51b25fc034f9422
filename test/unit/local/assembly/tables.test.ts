import { describe, expect, it } from 'vitest';
import { accepts, functionResource, judged, tableResource } from './fixtures.ts';

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
