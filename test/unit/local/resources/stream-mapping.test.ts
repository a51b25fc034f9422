import { describe, expect, it } from 'vitest';
import { modelOf } from '../../../../local/assembly/model.ts';
import { accepts, assemblyOf, facts, functionResource, judged, tableResource } from '../fixtures.ts';

const resources = (
  properties: Readonly<Record<string, unknown>> = {},
  table: Readonly<Record<string, unknown>> = { StreamSpecification: { StreamViewType: 'NEW_IMAGE' } },
) => ({
  Consumer: functionResource(),
  Outbox: tableResource(table),
  Mapping: {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: {
      FunctionName: { Ref: 'Consumer' },
      EventSourceArn: { 'Fn::GetAtt': ['Outbox', 'StreamArn'] },
      StartingPosition: 'TRIM_HORIZON',
      ...properties,
    },
  },
});

const filters = (...patterns: readonly unknown[]) => ({
  FilterCriteria: { Filters: patterns.map((pattern) => ({ Pattern: JSON.stringify(pattern) })) },
});

describe('DynamoDB stream mappings', () => {
  it("have Lambda's defaults where the template says nothing", () => {
    const { model, findings } = judged(resources());
    expect(findings).toEqual([]);
    expect(model.mappings[0]).toMatchObject({
      kind: 'dynamodb-stream',
      functionName: 'App-Consumer',
      tableName: 'App-Outbox',
      batchSize: 100,
      windowMs: 0,
      partialResponses: false,
      maximumRetryAttempts: 'infinite',
      maximumRecordAgeMs: undefined,
      bisect: false,
      startingPosition: { at: 'TRIM_HORIZON' },
      filters: [],
    });
  });

  it('name the stream as the engine does, once it can be asked, and before that by a placeholder', () => {
    const before = judged(resources()).model.mappings[0];
    expect(before).toMatchObject({ streamArn: expect.stringContaining(':table/App-Outbox/stream/') });
    const streamArn =
      'arn:aws:dynamodb:us-east-1:000000000000:table/App-Outbox/stream/2026-01-01T00:00:00.000';
    const after = modelOf(
      assemblyOf({ App: { Resources: resources() } }),
      { ...facts, streamArn: () => streamArn },
      { accept: new Set(), environment: {}, jwtClaims: {} },
    );
    expect(after.model.mappings[0]).toMatchObject({ streamArn });
  });

  it('keep filters that match exactly', () => {
    const insert = { eventName: ['INSERT'] };
    const nested = { dynamodb: { NewImage: { seq: { N: ['1', '2'] } } } };
    const { model, findings } = judged(resources(filters(insert, nested)));
    expect(findings).toEqual([]);
    expect(model.mappings[0]).toMatchObject({ filters: [insert, nested] });
  });

  it.each([
    ['an operator', { eventName: [{ prefix: 'INS' }] }, 'prefix'],
    ['an alternative', { $or: [{ eventName: ['INSERT'] }] }, '$or'],
    ['an operator deep inside', { dynamodb: { Keys: { id: { S: ['a', { exists: true }] } } } }, 'exists'],
    ['a value outside a list', { eventName: 'INSERT' }, 'a value outside a list'],
    ['a list in a list', { eventName: [['INSERT']] }, 'a list in a list'],
    ['a list of nothing', { eventName: [] }, 'an empty list'],
  ])('refuse %s in a filter, and pass every record if it is accepted', (_name, pattern, operator) => {
    const app = resources(filters({ eventName: ['INSERT'] }, pattern));
    const { findings } = judged(app);
    expect(accepts(findings)).toEqual(['Mapping.FilterCriteria']);
    expect(findings[0]?.message).toContain(`uses ${operator},`);
    const accepted = judged(app, { accept: new Set(['Mapping.FilterCriteria']) });
    expect(accepted.model.mappings[0]).toMatchObject({ filters: [] });
  });

  it('give up as the template says', () => {
    const { model, findings } = judged(
      resources({
        BisectBatchOnFunctionError: true,
        MaximumRecordAgeInSeconds: 3600,
        MaximumRetryAttempts: 5,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
      }),
    );
    expect(findings).toEqual([]);
    expect(model.mappings[0]).toMatchObject({
      bisect: true,
      maximumRecordAgeMs: 3_600_000,
      maximumRetryAttempts: 5,
      partialResponses: true,
    });
  });

  it.each([
    ['MaximumRetryAttempts', -1, { maximumRetryAttempts: 'infinite' }],
    ['MaximumRetryAttempts', 0, { maximumRetryAttempts: 0 }],
    ['MaximumRetryAttempts', '10000', { maximumRetryAttempts: 10_000 }],
    ['MaximumRecordAgeInSeconds', -1, { maximumRecordAgeMs: undefined }],
    ['MaximumRecordAgeInSeconds', 60, { maximumRecordAgeMs: 60_000 }],
    ['MaximumRecordAgeInSeconds', 604_800, { maximumRecordAgeMs: 604_800_000 }],
  ])('take %s up to its bounds: %s', (property, value, expected) => {
    const { model, findings } = judged(resources({ [property]: value }));
    expect(findings).toEqual([]);
    expect(model.mappings[0]).toMatchObject(expected);
  });

  it.each([
    ['MaximumRetryAttempts', -2],
    ['MaximumRetryAttempts', 10_001],
    ['MaximumRetryAttempts', 1.5],
    ['MaximumRecordAgeInSeconds', 0],
    ['MaximumRecordAgeInSeconds', 59],
    ['MaximumRecordAgeInSeconds', 604_801],
    ['MaximumRecordAgeInSeconds', -2],
    ['BisectBatchOnFunctionError', 'sometimes'],
    ['DestinationConfig', { OnFailure: { Destination: 'arn:aws:sqs:us-east-1:000000000000:failed' } }],
    ['ParallelizationFactor', 2],
    ['TumblingWindowInSeconds', 30],
    ['StartingPosition', 'AT_TIMESTAMP'],
  ])('are refused for %s: %j', (property, value) => {
    expect(accepts(judged(resources({ [property]: value })).findings)).toEqual([`Mapping.${property}`]);
  });

  it('are refused on a table without a stream, and on one of another app', () => {
    expect(accepts(judged(resources({}, {})).findings)).toEqual(['Mapping.EventSourceArn']);
    const own = 'arn:aws:dynamodb:us-east-1:000000000000:table/App-Outbox/stream/2026-01-01T00:00:00.000';
    expect(accepts(judged(resources({ EventSourceArn: own }, {})).findings)).toEqual([
      'Mapping.EventSourceArn',
    ]);
    const foreign = 'arn:aws:dynamodb:eu-west-1:000000000000:table/Foreign/stream/2026-01-01T00:00:00.000';
    expect(accepts(judged(resources({ EventSourceArn: foreign })).findings)).toEqual([
      'Mapping.EventSourceArn',
    ]);
  });

  it('on other sources are refused by their ARN', () => {
    const queue = 'arn:aws:sqs:eu-west-1:000000000000:orders';
    const { findings } = judged(resources({ EventSourceArn: queue }));
    expect(accepts(findings)).toEqual(['Mapping.EventSourceArn']);
    expect(findings[0]?.message).toContain(queue);
  });
});
