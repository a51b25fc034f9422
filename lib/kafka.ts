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
 * What a producer needs on one topic and nothing else.
 *
 * Actions: https://docs.aws.amazon.com/msk/latest/developerguide/kafka-actions.html
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
 * What the event source mapping's pollers need to read one topic in one group; they act under the function's role.
 *
 * `ManagedKafkaEventSource` and the managed policy it attaches grant no `kafka-cluster` action at all; see
 * https://docs.aws.amazon.com/lambda/latest/dg/with-msk-permissions.html
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
  const parts = Fn.split('/', cluster.arn, 3);
  return Stack.of(scope).formatArn({
    service: 'kafka',
    resource,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    resourceName: `${Fn.select(1, parts)}/${Fn.select(2, parts)}/${name}`,
  });
}
