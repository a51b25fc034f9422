import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { OPTIONS, type Option } from '../support/contexts.ts';
import { resourcesOf, synthesized, type TemplateResource } from '../support/template.ts';

/** Mappings that give up nothing, or drop what they give up: each with its reason. */
const WITHOUT_DESTINATION: Readonly<Record<string, string>> = {
  DeadLetterCollectorConsumerMapping:
    'it has no limit of retries: a dead letter about a dead letter would help nobody',
  RelayFunctionDynamoDBEventSource: 'its stream is only a wake-up: what it gives up is swept from the table',
};

/** Actions on every resource, each with its reason. */
const UNSCOPED: Readonly<Record<string, string>> = {
  'ec2:AssignPrivateIpAddresses': 'on an interface that does not exist yet',
  'ec2:CreateNetworkInterface': 'on an interface that does not exist yet',
  'ec2:DeleteNetworkInterface': 'on an interface that Lambda has made',
  'ec2:DescribeNetworkInterfaces': 'EC2 knows no resource for it',
  'ec2:DescribeSecurityGroups': 'EC2 knows no resource for it',
  'ec2:DescribeSubnets': 'EC2 knows no resource for it',
  'ec2:DescribeVpcs': 'EC2 knows no resource for it',
  'ec2:UnassignPrivateIpAddresses': 'on an interface that Lambda has made',
  'lambda:ListEventSourceMappings': 'Lambda knows no resource for it',
};

/** Policies with a wildcard for an action, by the resource that has the policy: each with its reason. */
const WILDCARD_ACTIONS: Readonly<Record<string, string>> = {
  'AWS::KMS::Key kms:*':
    'to the account itself, without which nobody could ever change the policy of its key',
  'AWS::S3::BucketPolicy s3:GetBucket*': 'CDK’s function that empties the bucket before it is deleted',
  'AWS::S3::BucketPolicy s3:List*': 'CDK’s function that empties the bucket before it is deleted',
  'AWS::S3::BucketPolicy s3:DeleteObject*': 'CDK’s function that empties the bucket before it is deleted',
};

/** How each type that holds data encrypts it; `undefined`: this resource does not. */
const ENCRYPTED: Readonly<Record<string, (properties: TemplateResource['properties']) => unknown>> = {
  // By the service, always, with a key of its own unless it is given one.
  'AWS::DynamoDB::GlobalTable': () => 'always',
  'AWS::Logs::LogGroup': () => 'always',
  'AWS::MSK::Cluster': ({ EncryptionInfo }) =>
    EncryptionInfo.EncryptionInTransit.InCluster && EncryptionInfo.EncryptionInTransit.ClientBroker === 'TLS'
      ? 'always at rest'
      : undefined,
  'AWS::S3::Bucket': ({ BucketEncryption }) => BucketEncryption?.ServerSideEncryptionConfiguration,
  // In the sandbox a key would outlive its stack by a week, and an alarm says nothing of a customer.
  'AWS::SNS::Topic': ({ KmsMasterKeyId }) => KmsMasterKeyId ?? 'not in the sandbox',
};

/** Types that hold nothing: what is connected, allowed, watched or run. A type that is in neither list fails. */
const HOLD_NOTHING: ReadonlySet<string> = new Set([
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::Integration',
  'AWS::ApiGatewayV2::Route',
  'AWS::ApiGatewayV2::Stage',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::EC2::FlowLog',
  'AWS::EC2::RouteTable',
  'AWS::EC2::SecurityGroup',
  'AWS::EC2::SecurityGroupEgress',
  'AWS::EC2::SecurityGroupIngress',
  'AWS::EC2::Subnet',
  'AWS::EC2::SubnetRouteTableAssociation',
  'AWS::EC2::VPC',
  'AWS::EC2::VPCEndpoint',
  'AWS::Events::Rule',
  'AWS::IAM::Policy',
  'AWS::IAM::Role',
  'AWS::KMS::Key',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Lambda::Function',
  'AWS::Lambda::Permission',
  // In its cluster.
  'AWS::MSK::Topic',
  'AWS::S3::BucketPolicy',
  'AWS::SES::EmailIdentity',
  'AWS::SNS::Subscription',
  'AWS::SNS::TopicPolicy',
  'Custom::AWS',
  'Custom::S3AutoDeleteObjects',
  'Custom::VpcRestrictDefaultSG',
]);

interface Statement {
  readonly of: string;
  readonly effect: string;
  readonly actions: readonly string[];
  readonly resources: readonly unknown[];
}

/** Every statement of every policy in a template, whatever the policy belongs to. */
function statements(resource: TemplateResource): readonly Statement[] {
  const found: Statement[] = [];
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const { Statement } = value as { Statement?: unknown };
    if (Array.isArray(Statement)) {
      for (const { Effect, Action, Resource } of Statement)
        found.push({
          of: resource.type,
          effect: Effect,
          actions: [Action].flat(),
          resources: [Resource ?? []].flat(),
        });
    }
    for (const part of Object.values(value)) walk(part);
  };
  walk(resource.properties);
  return found;
}

describe.each(Object.keys(OPTIONS) as Option[])('every resource of %s', (option) => {
  const { assembly } = synthesized(option);
  const resources = assembly.stacks.flatMap(({ template }) => resourcesOf(Template.fromJSON(template)));
  const ofType = (type: string) => resources.filter((resource) => resource.type === type);
  const allowed = resources.flatMap(statements).filter(({ effect }) => effect === 'Allow');

  it('that maps Kafka has a group, and pollers of its own', () => {
    const kafka = ofType('AWS::Lambda::EventSourceMapping').filter(({ properties }) => properties.Topics);
    expect(kafka.length).toBeGreaterThanOrEqual(3);
    for (const { properties } of kafka) {
      expect(properties.AmazonManagedKafkaEventSourceConfig.ConsumerGroupId).toMatch(/^[a-z-]+$/);
      expect(properties.ProvisionedPollerConfig.MinimumPollers).toBeGreaterThan(0);
    }
    const groups = kafka.map(
      ({ properties }) => properties.AmazonManagedKafkaEventSourceConfig.ConsumerGroupId,
    );
    expect(new Set(groups).size).toBe(groups.length);
  });

  it('that maps events has a destination for what it gives up, or a reason', () => {
    const without = ofType('AWS::Lambda::EventSourceMapping').filter(
      ({ properties }) => !properties.DestinationConfig?.OnFailure.Destination,
    );
    for (const { id } of without)
      expect(Object.keys(WITHOUT_DESTINATION).filter((known) => id.startsWith(known))).toHaveLength(1);
    expect(without).toHaveLength(Object.keys(WITHOUT_DESTINATION).length);
  });

  it('that logs has a group that forgets', () => {
    const groups = ofType('AWS::Logs::LogGroup');
    expect(groups).not.toEqual([]);
    for (const { id, properties } of groups) expect([id, properties.RetentionInDays > 0]).toEqual([id, true]);
    for (const { id, properties } of ofType('AWS::Lambda::Function'))
      expect([id, groups.map((group) => group.id)]).toEqual([
        id,
        expect.arrayContaining([properties.LoggingConfig?.LogGroup.Ref]),
      ]);
  });

  it('that allows something allows it by name', () => {
    expect(allowed.length).toBeGreaterThan(20);
    const wild = allowed.flatMap(({ of, actions }) =>
      actions.filter((action) => action.includes('*')).map((action) => `${of} ${action}`),
    );
    expect(Object.keys(WILDCARD_ACTIONS)).toEqual(expect.arrayContaining(wild));
  });

  it('that allows something says on what, or has a reason', () => {
    const unscoped = allowed
      // A key's policy is about that key.
      .filter(({ of, resources }) => of !== 'AWS::KMS::Key' && resources.includes('*'))
      .flatMap(({ actions }) => actions);
    expect([...new Set(unscoped)].sort()).toEqual(Object.keys(UNSCOPED));
  });

  it('that CDK’s own functions need is in their roles from the beginning: they run as soon as they are there', () => {
    const roleOf = (fn: TemplateResource) => fn.properties.Role['Fn::GetAtt'][0];
    const byHand = new Set(
      ofType('AWS::Lambda::Function')
        .filter(({ id }) => /^Custom|^AWS/.test(id))
        .map(roleOf),
    );
    expect(byHand.size).toBeGreaterThan(0);
    for (const { id, properties } of ofType('AWS::IAM::Role'))
      if (byHand.has(id)) expect([id, properties.Policies]).toEqual([id, [expect.anything()]]);
    for (const { properties } of ofType('AWS::IAM::Policy'))
      expect(properties.Roles.filter(({ Ref }: { Ref: string }) => byHand.has(Ref))).toEqual([]);
  });

  it('that another service logs into is found by its prefix, and named after its stack', () => {
    const named = ofType('AWS::Logs::LogGroup').filter(({ properties }) => properties.LogGroupName);
    const text = named.map(({ properties }) => JSON.stringify(properties.LogGroupName)).sort();
    expect(text).toEqual(
      [
        expect.stringMatching(/\/aws\/vendedlogs\/orderly-orders\/access-.*AWS::StackId/),
        expect.stringMatching(/\/aws\/vendedlogs\/orderly-streaming\/brokers-.*AWS::StackId/),
      ].slice(0, ofType('AWS::MSK::Cluster').length + 1),
    );
    const groups = named.map(({ id }) => id);
    for (const { properties } of ofType('AWS::MSK::Cluster'))
      expect(groups).toContain(properties.LoggingInfo.BrokerLogs.CloudWatchLogs.LogGroup.Ref);
    for (const { properties } of ofType('AWS::ApiGatewayV2::Stage'))
      expect(groups).toContain(
        /log-group:.*"Ref":"(\w+AccessLogs\w+)"/.exec(
          JSON.stringify(properties.AccessLogSettings.DestinationArn),
        )?.[1] ?? properties.AccessLogSettings.DestinationArn['Fn::GetAtt']?.[0],
      );
  });

  it('selects from no list that is written out: CloudFormation would take it, and nobody needs it', () => {
    const text = JSON.stringify(resources.map(({ properties }) => properties));
    expect(text).not.toMatch(/"Fn::Select":\[\d+,\[/);
  });

  it('that holds data encrypts it', () => {
    for (const { id, type, properties } of resources) {
      if (HOLD_NOTHING.has(type)) continue;
      const encrypted = Object.hasOwn(ENCRYPTED, type)
        ? ENCRYPTED[type]?.(properties)
        : `unknown type ${type}`;
      expect([id, encrypted]).toEqual([id, expect.anything()]);
      expect([id, encrypted]).not.toEqual([id, expect.stringContaining('unknown')]);
      if (option.startsWith('production')) expect([id, encrypted]).not.toEqual([id, 'not in the sandbox']);
    }
  });
});

it('what holds data keeps its logical id', () => {
  // With another one it is a new resource: the old one's data is gone, or stays behind where nobody looks.
  const stateful = (['sandbox', 'production'] as const)
    .map((option) => synthesized(option))
    .flatMap(({ streaming, orders }) => [streaming, orders].flatMap(resourcesOf))
    .filter(({ type }) =>
      [
        'AWS::DynamoDB::GlobalTable',
        'AWS::KMS::Key',
        'AWS::MSK::Cluster',
        'AWS::MSK::Topic',
        'AWS::S3::Bucket',
      ].includes(type),
    )
    .map(({ id }) => id);
  expect([...new Set(stateful)].sort()).toMatchInlineSnapshot(`
    [
      "AlarmTopicKeyBA1A4AA7",
      "DeadLettersTopic",
      "KafkaCluster21A1BE89",
      "ManifestsBucket99AD6324",
      "OrdersTopic",
      "TablesDeadLetters9956AC4E",
      "TablesEmailLedger2367A4B1",
      "TablesOrdersACF7C9C0",
      "TablesOutboxD51CD487",
      "TablesSales56F18341",
      "TablesShipments6C2B15AC",
    ]
  `);
});
