import { ArnFormat, Fn, Stack } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Brokers } from './stages.ts';

/** MSK's listener for IAM authentication inside the VPC; https://docs.aws.amazon.com/msk/latest/developerguide/port-info.html */
export const KAFKA_IAM_PORT = 9098;

/** A cluster, and how a client inside its VPC reaches it. */
export interface KafkaCluster {
  readonly arn: string;
  readonly name: string;
  /** `undefined`: the cluster isn't ours, and nobody says. */
  readonly brokers: Brokers | undefined;
  readonly vpc: ec2.IVpc;
  readonly subnets: ec2.SubnetSelection;
  /** The brokers admit members of this group. */
  readonly clientSecurityGroup: ec2.ISecurityGroup;
}

export interface KafkaTopic {
  readonly name: string;
  readonly cluster: KafkaCluster;
}

/**
 * What a producer without idempotence needs on one topic and nothing else, as ours is.
 *
 * Actions: https://docs.aws.amazon.com/msk/latest/developerguide/iam-access-control-use-cases.html
 */
export function produceStatements(scope: Construct, topic: KafkaTopic): iam.PolicyStatement[] {
  return [
    connectStatement(topic.cluster),
    new iam.PolicyStatement({
      actions: ['kafka-cluster:DescribeTopic', 'kafka-cluster:WriteData'],
      resources: [kafkaArn(scope, topic.cluster, 'topic', topic.name)],
    }),
  ];
}

/**
 * What a client needs to read one topic in one group and nothing else.
 *
 * Actions: https://docs.aws.amazon.com/msk/latest/developerguide/iam-access-control-use-cases.html
 */
export function consumeStatements(
  scope: Construct,
  topic: KafkaTopic,
  groupId: string,
): iam.PolicyStatement[] {
  return [
    connectStatement(topic.cluster),
    new iam.PolicyStatement({
      actions: ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'],
      resources: [kafkaArn(scope, topic.cluster, 'topic', topic.name)],
    }),
    new iam.PolicyStatement({
      actions: ['kafka-cluster:DescribeGroup', 'kafka-cluster:AlterGroup'],
      resources: [kafkaArn(scope, topic.cluster, 'group', groupId)],
    }),
  ];
}

/**
 * What Lambda's pollers need beside the data: to find the cluster, to describe it as a client, and to stand in its subnets.
 * They act under the role of the function that they invoke.
 *
 * Sources: https://docs.aws.amazon.com/lambda/latest/dg/with-msk-permissions.html, and for what they ask of the cluster as a
 * client https://docs.aws.amazon.com/lambda/latest/dg/msk-cluster-auth.html
 */
export function pollerStatements(cluster: KafkaCluster): iam.PolicyStatement[] {
  return [
    new iam.PolicyStatement({
      actions: ['kafka:DescribeCluster', 'kafka:DescribeClusterV2', 'kafka:GetBootstrapBrokers'],
      resources: [cluster.arn],
    }),
    new iam.PolicyStatement({
      actions: ['kafka-cluster:DescribeCluster', 'kafka-cluster:DescribeClusterDynamicConfiguration'],
      resources: [cluster.arn],
    }),
    networkInterfaceStatement(['ec2:DescribeSecurityGroups', 'ec2:DescribeVpcs']),
  ];
}

/**
 * What Lambda needs to put something into a VPC. Most of these actions know no resource; the others act on interfaces that
 * don't exist yet.
 *
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
 */
export function networkInterfaceStatement(more: readonly string[] = []): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: [
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      ...more,
    ],
    resources: ['*'],
  });
}

/** Why `networkInterfaceStatement` names no resource, for `acknowledge`. */
export const INTERFACES_ANYWHERE = [
  'IAM5[Resource::*]',
  'EC2 knows no resource for what Lambda asks of it, or it does not exist yet: network interfaces in the VPC',
] as const;

/**
 * What the pollers need to write what they gave up to a topic.
 *
 * They are Kafka's Java client, whose producer is idempotent unless it is told otherwise. Kafka lets it be so with the right
 * to write to any topic; MSK's IAM does only where that right is on every topic, and else wants `WriteDataIdempotently`.
 *
 * Sources: https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure-destination.html, which asks for `ReadData` too, and
 * has every topic; https://docs.aws.amazon.com/msk/latest/developerguide/create-iam-access-control-policies.html
 */
export function destinationStatements(scope: Construct, topic: KafkaTopic): iam.PolicyStatement[] {
  return [
    ...produceStatements(scope, topic),
    new iam.PolicyStatement({
      actions: ['kafka-cluster:WriteDataIdempotently'],
      resources: [topic.cluster.arn],
    }),
    new iam.PolicyStatement({
      actions: ['kafka-cluster:ReadData'],
      resources: [kafkaArn(scope, topic.cluster, 'topic', topic.name)],
    }),
  ];
}

function connectStatement(cluster: KafkaCluster): iam.PolicyStatement {
  return new iam.PolicyStatement({ actions: ['kafka-cluster:Connect'], resources: [cluster.arn] });
}

/** `arn:…:cluster/NAME/UUID` names its topics and groups as `arn:…:topic/NAME/UUID/TOPIC`. */
function kafkaArn(
  scope: Construct,
  cluster: KafkaCluster,
  resource: 'topic' | 'group',
  name: string,
): string {
  // Without its length: CDK would select from a list of three selections.
  const parts = Fn.split('/', cluster.arn);
  return Stack.of(scope).formatArn({
    service: 'kafka',
    resource,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    resourceName: `${Fn.select(1, parts)}/${Fn.select(2, parts)}/${name}`,
  });
}
