import { ArnFormat, type Duration, Fn, Stack } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { KafkaDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { Brokers } from './stages.ts';

export interface KafkaConsumerProps {
  /** The folder of `functions/` that the function comes from, by which its metrics name it. */
  readonly service: string;
  readonly function: lambda.Function;
  readonly topic: KafkaTopic;
  /**
   * Always explicit: without one the group is the mapping's UUID, so that a replaced mapping would start over at
   * `TRIM_HORIZON`.
   */
  readonly groupId: string;
  /** Event pollers, at most one a partition. */
  readonly pollers: number;
  /**
   * Topic of the same cluster that takes the records which the mapping gave up.
   *
   * @default - none is given up: a limit without a destination would drop them, so each is delivered until it is handled
   */
  readonly deadLetters?: KafkaTopic;
  /** Deliveries after the first. @default - 45, for an outage of more than an hour; no limit without `deadLetters` */
  readonly retryAttempts?: number;
  /** How long a batch waits for more records. @default - half a second */
  readonly window?: Duration;
}

/**
 * Retries of a record before it is given up: with a function that waits out an outage for a minute and a half of its
 * timeout of two, more than an hour of it (`outageBudgetMs` in functions/kafka/patience.ts; a test holds them together).
 */
const RETRY_ATTEMPTS = 45;

/**
 * One consumer group on a topic, delivered to a function by an event source mapping in provisioned mode, with every
 * permission that takes: on this topic, this group and this destination, and on no others.
 *
 * CDK's `ManagedKafkaEventSource` and `KafkaDlq` grant no `kafka-cluster` action at all; the managed policy that they attach
 * has all clusters, and may make log groups that outlive the stack.
 */
export class KafkaConsumer extends Construct {
  readonly service: string;
  readonly groupId: string;
  readonly topic: KafkaTopic;
  readonly function: lambda.Function;
  readonly deadLetters: KafkaTopic | undefined;
  readonly mapping: lambda.EventSourceMapping;

  constructor(scope: Construct, id: string, props: KafkaConsumerProps) {
    super(scope, id);
    const { topic, groupId, pollers, deadLetters, retryAttempts = RETRY_ATTEMPTS, window } = props;
    this.service = props.service;
    this.groupId = groupId;
    this.topic = topic;
    this.function = props.function;
    this.deadLetters = deadLetters;

    const statements = [
      ...pollerStatements(topic.cluster),
      ...consumeStatements(this, topic, groupId),
      ...(deadLetters ? destinationStatements(this, deadLetters) : []),
    ];
    for (const statement of statements) props.function.addToRolePolicy(statement);
    if (props.function.role) acknowledge(props.function.role, ...INTERFACES_ANYWHERE);

    this.mapping = new lambda.EventSourceMapping(this, 'Mapping', {
      target: props.function,
      eventSourceArn: topic.cluster.arn,
      kafkaTopic: topic.name,
      kafkaConsumerGroupId: groupId,
      startingPosition: lambda.StartingPosition.TRIM_HORIZON,
      batchSize: 100,
      reportBatchItemFailures: true,
      ...(window && { maxBatchingWindow: window }),
      ...(deadLetters && {
        retryAttempts,
        // A record that kills the process is found by halves, and its neighbours get their effects.
        bisectBatchOnError: true,
        onFailure: new KafkaDlq(deadLetters.name),
      }),
      // Equal, so that no scaling step rebalances the group. All mappings of one poller group are billed together, and
      // ten pollers are one event poller unit.
      provisionedPollerConfig: {
        minimumPollers: pollers,
        maximumPollers: pollers,
        pollerGroupName: 'orderly',
      },
      // Among them: events dropped.
      metricsConfig: { metrics: [lambda.MetricType.EVENT_COUNT] },
      // What pollers can't do they say in the function's log group, and otherwise nowhere.
      logLevel: lambda.EventSourceMappingLogLevel.WARN,
    });
    // The pollers' first look at the cluster is under the role: it has to be complete by then, and still there when a
    // deleted mapping takes its network interfaces away.
    if (props.function.role) this.mapping.node.addDependency(props.function.role);
  }
}

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
function consumeStatements(scope: Construct, topic: KafkaTopic, groupId: string): iam.PolicyStatement[] {
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
function pollerStatements(cluster: KafkaCluster): iam.PolicyStatement[] {
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
function destinationStatements(scope: Construct, topic: KafkaTopic): iam.PolicyStatement[] {
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
