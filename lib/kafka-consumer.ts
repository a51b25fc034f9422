import * as lambda from 'aws-cdk-lib/aws-lambda';
import { KafkaDlq, ManagedKafkaEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Construct } from 'constructs';
import { consumeStatements, type KafkaTopic, produceStatements } from './kafka.ts';

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
}

/**
 * Retries of a record before it is given up: with a function that waits out an outage for a minute and a half of its
 * timeout of two, more than an hour of it (`outageBudgetMs` in functions/kafka/patience.ts; a test holds them together).
 */
const RETRY_ATTEMPTS = 45;

/** One consumer group on a topic, delivered to a function by an event source mapping in provisioned mode. */
export class KafkaConsumer extends Construct {
  constructor(scope: Construct, id: string, props: KafkaConsumerProps) {
    super(scope, id);
    const { topic, groupId, pollers, deadLetters } = props;

    // `KafkaDlq` grants nothing: the pollers write the dead letters under the function's role.
    const statements = [
      ...consumeStatements(this, topic, groupId),
      ...(deadLetters ? produceStatements(this, deadLetters) : []),
    ];
    for (const statement of statements) props.function.addToRolePolicy(statement);
    props.function.addEventSource(
      new ManagedKafkaEventSource({
        clusterArn: topic.cluster.arn,
        topic: topic.name,
        consumerGroupId: groupId,
        startingPosition: lambda.StartingPosition.TRIM_HORIZON,
        batchSize: 100,
        reportBatchItemFailures: true,
        ...(deadLetters && {
          retryAttempts: RETRY_ATTEMPTS,
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
      }),
    );
  }
}
