import type { Duration } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { KafkaDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import {
  consumeStatements,
  destinationStatements,
  INTERFACES_ANYWHERE,
  type KafkaTopic,
  pollerStatements,
} from './kafka.ts';

export interface KafkaConsumerProps {
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
  readonly groupId: string;
  readonly topic: KafkaTopic;
  readonly function: lambda.Function;
  readonly deadLetters: KafkaTopic | undefined;
  readonly mapping: lambda.EventSourceMapping;

  constructor(scope: Construct, id: string, props: KafkaConsumerProps) {
    super(scope, id);
    const { topic, groupId, pollers, deadLetters, retryAttempts = RETRY_ATTEMPTS, window } = props;
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
