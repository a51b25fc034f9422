import { describe, expect, it } from 'vitest';
import { accepts, clusterArn, functionResource, judged, kafkaMappingResource } from '../fixtures.ts';

const withMapping = (properties: Readonly<Record<string, unknown>> = {}) =>
  judged({ Consumer: functionResource(), Mapping: kafkaMappingResource(properties) });

describe('Kafka mappings', () => {
  it("have Lambda's defaults where the template says nothing, and their UUID as group id", () => {
    const { model, findings } = withMapping();
    expect(findings).toEqual([]);
    const [mapping] = model.mappings;
    expect(mapping).toEqual({
      kind: 'kafka',
      logicalId: 'Mapping',
      path: 'Mapping',
      uuid: mapping?.uuid,
      arn: `arn:aws:lambda:us-east-1:000000000000:event-source-mapping:${mapping?.uuid}`,
      functionName: 'App-Consumer',
      functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:App-Consumer',
      enabled: true,
      batchSize: 100,
      windowMs: 500,
      partialResponses: false,
      clusterArn,
      topic: 'orders',
      groupId: mapping?.uuid,
      startingPosition: { at: 'TRIM_HORIZON' },
      pollers: 1,
      maximumRetryAttempts: 'infinite',
      maximumRecordAgeMs: undefined,
      bisect: false,
      onFailureTopic: undefined,
    });
  });

  it('take what the template says', () => {
    const { model, findings } = withMapping({
      AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: 'email-service' },
      BatchSize: 1,
      BisectBatchOnFunctionError: true,
      DestinationConfig: { OnFailure: { Destination: 'kafka://orders.dead-letters' } },
      Enabled: 'false',
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MaximumBatchingWindowInSeconds: 0,
      MaximumRecordAgeInSeconds: 3600,
      MaximumRetryAttempts: '5',
      ProvisionedPollerConfig: { MinimumPollers: 1, MaximumPollers: 3, PollerGroupName: 'group' },
      StartingPosition: 'AT_TIMESTAMP',
      StartingPositionTimestamp: 1_790_000_000.5,
    });
    expect(findings).toEqual([]);
    expect(model.mappings[0]).toMatchObject({
      groupId: 'email-service',
      batchSize: 1,
      enabled: false,
      partialResponses: true,
      windowMs: 0,
      pollers: 3,
      bisect: true,
      maximumRecordAgeMs: 3_600_000,
      maximumRetryAttempts: 5,
      onFailureTopic: 'orders.dead-letters',
      startingPosition: { at: 'AT_TIMESTAMP', timestampMs: 1_790_000_000_500 },
    });
  });

  it.each([
    ['no provisioned mode', {}, 1],
    ['provisioned mode switched off', { ProvisionedPollerConfig: {} }, 1],
    ['provisioned mode without a maximum', { ProvisionedPollerConfig: { MinimumPollers: 2 } }, 200],
  ])('have with %s so many pollers', (_name, properties, pollers) => {
    expect(withMapping(properties).model.mappings[0]).toMatchObject({ pollers });
  });

  it.each([
    ['name', 'App-Consumer'],
    ['ARN', 'arn:aws:lambda:eu-west-1:000000000000:function:App-Consumer'],
    ['ARN of a version', 'arn:aws:lambda:eu-west-1:000000000000:function:App-Consumer:7'],
    ['attribute', { 'Fn::GetAtt': ['Consumer', 'Arn'] }],
  ])('find their function by %s', (_name, FunctionName) => {
    expect(withMapping({ FunctionName }).model.mappings[0]?.functionName).toBe('App-Consumer');
  });

  it('find their function through an alias', () => {
    const { model, findings } = judged({
      Consumer: functionResource(),
      Version: { Type: 'AWS::Lambda::Version', Properties: { FunctionName: { Ref: 'Consumer' } } },
      Live: {
        Type: 'AWS::Lambda::Alias',
        Properties: {
          FunctionName: { Ref: 'Consumer' },
          FunctionVersion: { 'Fn::GetAtt': ['Version', 'Version'] },
          Name: 'live',
        },
      },
      Mapping: kafkaMappingResource({ FunctionName: { Ref: 'Live' } }),
    });
    expect(findings).toEqual([]);
    expect(model.mappings[0]?.functionName).toBe('App-Consumer');
  });

  it.each([
    ['BisectBatchOnFunctionError', false],
    ['MaximumRetryAttempts', -1],
    ['MaximumRecordAgeInSeconds', '-1'],
    ['DestinationConfig', {}],
    ['DestinationConfig', { OnFailure: { Destination: '' } }],
    ['DestinationConfig', { OnFailure: { Ref: 'AWS::NoValue' } }],
    ['FilterCriteria', { Filters: [] }],
    ['ParallelizationFactor', 1],
    ['MetricsConfig', { Metrics: ['EventCount'] }],
    ['LoggingConfig', { SystemLogLevel: 'INFO' }],
  ])('do not mind the default of %s', (property, value) => {
    expect(withMapping({ [property]: value }).findings).toEqual([]);
  });

  it.each([
    ['FilterCriteria', { Filters: [{ Pattern: '{"value":{"a":[1]}}' }] }],
    ['SourceAccessConfigurations', [{ Type: 'VPC_SUBNET', URI: 'subnet:subnet-1' }]],
    ['TumblingWindowInSeconds', 30],
    ['TomorrowsProperty', { on: true }],
  ])('are refused for %s, and run without it if accepted', (property, value) => {
    const resources = { Consumer: functionResource(), Mapping: kafkaMappingResource({ [property]: value }) };
    expect(accepts(judged(resources).findings)).toEqual([`Mapping.${property}`]);
    const accepted = judged(resources, { accept: new Set([`Mapping.${property}`]) });
    expect(accepted.findings).toEqual([]);
    expect(accepted.model.mappings).toHaveLength(1);
  });

  it.each([
    [
      'a schema registry',
      { AmazonManagedKafkaEventSourceConfig: { SchemaRegistryConfig: { SchemaRegistryURI: 'uri' } } },
      'Mapping.AmazonManagedKafkaEventSourceConfig.SchemaRegistryConfig',
    ],
    ['two topics', { Topics: ['orders', 'payments'] }, 'Mapping.Topics'],
    ['an unknown topic', { Topics: [{ Ref: 'Topic' }] }, 'Mapping.Topics'],
    [
      'an unknown response type',
      { FunctionResponseTypes: ['Everything'] },
      'Mapping.FunctionResponseTypes.0',
    ],
    ['a batch size beyond the limit', { BatchSize: 10_001 }, 'Mapping.BatchSize'],
    [
      'a destination for what succeeds',
      { DestinationConfig: { OnSuccess: { Destination: 'kafka://fine' } } },
      'Mapping.DestinationConfig.OnSuccess',
    ],
    ['an unknown starting position', { StartingPosition: 'YESTERDAY' }, 'Mapping.StartingPosition'],
    ['no time to start at', { StartingPosition: 'AT_TIMESTAMP' }, 'Mapping.StartingPositionTimestamp'],
    ['an unknown function', { FunctionName: { Ref: 'Nowhere' } }, 'Mapping.FunctionName'],
  ])('are refused for %s', (_name, properties, accept) => {
    expect(accepts(withMapping(properties).findings)).toEqual([accept]);
  });

  it.each([
    ['cannot be resolved', { 'Fn::GetAtt': ['Nowhere', 'ClusterArn'] }],
    ['is a word where an ARN is meant', 'NotPassed'],
  ])('run on the local broker if a cluster that %s is accepted', (_name, EventSourceArn) => {
    const resources = { Consumer: functionResource(), Mapping: kafkaMappingResource({ EventSourceArn }) };
    expect(accepts(judged(resources).findings)).toEqual(['Mapping.EventSourceArn']);
    const { model } = judged(resources, { accept: new Set(['Mapping.EventSourceArn']) });
    expect(model.mappings[0]).toMatchObject({
      topic: 'orders',
      clusterArn: expect.stringMatching(/^arn:aws:kafka:us-east-1:000000000000:cluster\/local\//),
    });
  });

  const provisioned = { ProvisionedPollerConfig: { MaximumPollers: 1 } };

  it.each([
    ['the topic it reads', 'kafka://orders'],
    ['a topic without a name', 'kafka://'],
    ['a name that no topic can have', 'kafka://.hidden'],
    ['a queue', 'arn:aws:sqs:us-east-1:000000000000:failures'],
  ])(
    'are refused with %s as destination, and give up without one if that is accepted',
    (_name, destination) => {
      const DestinationConfig = { OnFailure: { Destination: destination } };
      const resources = {
        Consumer: functionResource(),
        Mapping: kafkaMappingResource({ DestinationConfig, ...provisioned }),
      };
      const word = 'Mapping.DestinationConfig.OnFailure.Destination';
      expect(accepts(judged(resources).findings)).toEqual([word]);
      const { model } = judged(resources, { accept: new Set([word]) });
      expect(model.mappings[0]).toMatchObject({ topic: 'orders', onFailureTopic: undefined });
    },
  );

  it.each([
    ['BisectBatchOnFunctionError', true, 'BisectBatchOnFunctionError'],
    [
      'DestinationConfig',
      { OnFailure: { Destination: 'kafka://dead' } },
      'DestinationConfig.OnFailure.Destination',
    ],
    ['FunctionResponseTypes', ['ReportBatchItemFailures'], 'FunctionResponseTypes'],
    ['MaximumRecordAgeInSeconds', 60, 'MaximumRecordAgeInSeconds'],
    ['MaximumRetryAttempts', 0, 'MaximumRetryAttempts'],
  ])('need provisioned mode for %s', (property, value, word) => {
    const { findings } = withMapping({ [property]: value });
    expect(accepts(findings)).toEqual([`Mapping.${word}`]);
    expect(findings[0]?.message).toContain('a judgement of the local cloud');
    expect(withMapping({ [property]: value, ...provisioned }).findings).toEqual([]);
  });

  it('have their destination created like the topic they read', () => {
    const { model } = withMapping({
      DestinationConfig: { OnFailure: { Destination: 'kafka://dead' } },
      ...provisioned,
    });
    expect(model.topics.map(({ name, undeclared }) => [name, undeclared])).toEqual([
      ['orders', true],
      ['dead', true],
    ]);
  });

  it('never share a group id', () => {
    const mine = { AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: 'email-service' } };
    const { findings } = judged({
      Consumer: functionResource(),
      One: kafkaMappingResource(mine),
      Two: kafkaMappingResource(mine),
    });
    expect(accepts(findings)).toEqual(['Two.AmazonManagedKafkaEventSourceConfig.ConsumerGroupId']);
  });

  it('of self-managed Kafka are refused, whatever brokers they name', () => {
    const { model, findings } = withMapping({
      EventSourceArn: { Ref: 'AWS::NoValue' },
      SelfManagedEventSource: { Endpoints: { KafkaBootstrapServers: ['broker.example.com:9092'] } },
    });
    expect(accepts(findings)).toEqual(['Mapping.SelfManagedEventSource']);
    expect(model.mappings).toEqual([]);
  });

  it('of a function that does not run here are listed, not judged', () => {
    const { model, findings } = judged({
      Consumer: functionResource(),
      Mapping: kafkaMappingResource({ FunctionName: 'somebody-elses', BisectBatchOnFunctionError: true }),
    });
    expect(findings).toEqual([]);
    expect(model.mappings).toEqual([]);
    expect(model.notEmulated.map(({ logicalId }) => logicalId)).toEqual(['Mapping']);
  });
});
