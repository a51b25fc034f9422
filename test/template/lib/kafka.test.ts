import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { expect, it } from 'vitest';
import { KafkaConsumer, type KafkaTopic } from '../../../lib/kafka.ts';
import { stackOfItsOwn } from '../../support/stack-of-its-own.ts';

const CLUSTER = 'arn:aws:kafka:eu-west-1:123456789012:cluster/shared/uuid-1';

/** A consumer of somebody else's: a plain function of CDK's, on a topic that has nothing to do with orders. */
function consumer(deadLetters: boolean): Template {
  const stack = stackOfItsOwn(
    { env: { account: '123456789012', region: 'eu-west-1' } },
    { '@aws-cdk/core:enablePartitionLiterals': true },
  );
  const vpc = new ec2.Vpc(stack, 'Vpc');
  const clientSecurityGroup = new ec2.SecurityGroup(stack, 'Clients', { vpc });
  const cluster = { arn: CLUSTER, name: 'shared', brokers: undefined, vpc, subnets: {}, clientSecurityGroup };
  const topic = (name: string): KafkaTopic => ({ name, cluster });
  new KafkaConsumer(stack, 'Consumer', {
    service: 'ledger',
    function: new lambda.Function(stack, 'Function', {
      runtime: lambda.Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: lambda.Code.fromInline('exports.handler = async () => {}'),
    }),
    topic: topic('payments'),
    groupId: 'ledger',
    pollers: 2,
    ...(deadLetters && { deadLetters: topic('payments.dead-letters') }),
  });
  return Template.fromStack(stack);
}

/** `action on resource`, the resource as its ARN's last part, sorted. */
function granted(template: Template): readonly string[] {
  const statements = Object.values(template.findResources('AWS::IAM::Policy')).flatMap(
    ({ Properties }) => Properties.PolicyDocument.Statement,
  );
  return statements
    .flatMap(({ Action, Resource }) => {
      const arn = typeof Resource === 'string' ? Resource : Resource['Fn::Join'][1].join('');
      return [Action].flat().map((action) => `${action} on ${arn.split(':').at(-1)}`);
    })
    .sort();
}

const ALONE = [
  'ec2:CreateNetworkInterface on *',
  'ec2:DeleteNetworkInterface on *',
  'ec2:DescribeNetworkInterfaces on *',
  'ec2:DescribeSecurityGroups on *',
  'ec2:DescribeSubnets on *',
  'ec2:DescribeVpcs on *',
  'kafka-cluster:AlterGroup on group/shared/uuid-1/ledger',
  'kafka-cluster:Connect on cluster/shared/uuid-1',
  'kafka-cluster:DescribeCluster on cluster/shared/uuid-1',
  'kafka-cluster:DescribeClusterDynamicConfiguration on cluster/shared/uuid-1',
  'kafka-cluster:DescribeGroup on group/shared/uuid-1/ledger',
  'kafka-cluster:DescribeTopic on topic/shared/uuid-1/payments',
  'kafka-cluster:ReadData on topic/shared/uuid-1/payments',
  'kafka:DescribeCluster on cluster/shared/uuid-1',
  'kafka:DescribeClusterV2 on cluster/shared/uuid-1',
  'kafka:GetBootstrapBrokers on cluster/shared/uuid-1',
];

it('a consumer is given its cluster, its topic and its group, and what its pollers need', () => {
  expect(granted(consumer(false))).toEqual(ALONE);
});

it('a consumer with a destination is given that topic too, for an idempotent producer', () => {
  const more = granted(consumer(true)).filter((grant) => !ALONE.includes(grant));
  expect(more).toEqual([
    'kafka-cluster:DescribeTopic on topic/shared/uuid-1/payments.dead-letters',
    'kafka-cluster:ReadData on topic/shared/uuid-1/payments.dead-letters',
    'kafka-cluster:WriteData on topic/shared/uuid-1/payments.dead-letters',
    'kafka-cluster:WriteDataIdempotently on cluster/shared/uuid-1',
  ]);
});

it('a consumer has pollers that say what they can’t do', () => {
  consumer(false).hasResourceProperties('AWS::Lambda::EventSourceMapping', {
    LoggingConfig: { SystemLogLevel: 'WARN' },
  });
});

it('a consumer is polled only once its role is complete', () => {
  const [mapping] = Object.values(consumer(true).findResources('AWS::Lambda::EventSourceMapping'));
  expect(mapping?.DependsOn).toEqual([
    expect.stringMatching(/^FunctionServiceRoleDefaultPolicy/),
    expect.stringMatching(/^FunctionServiceRole/),
  ]);
});
