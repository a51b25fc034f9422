import * as lambda from 'aws-cdk-lib/aws-lambda';
import { ManagedKafkaEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Construct } from 'constructs';
import { consumeStatements, type KafkaTopic } from './kafka.ts';

export interface KafkaConsumerProps {
  readonly function: lambda.Function;
  readonly topic: KafkaTopic;
  /**
   * Always explicit: without one the group is the mapping's UUID, so that a replaced mapping would start over at
   * `TRIM_HORIZON`.
   */
  readonly groupId: string;
}

/** One consumer group on a topic, delivered to a function by an event source mapping in provisioned mode. */
export class KafkaConsumer extends Construct {
  constructor(scope: Construct, id: string, props: KafkaConsumerProps) {
    super(scope, id);
    const { topic, groupId } = props;

    for (const statement of consumeStatements(this, topic, groupId))
      props.function.addToRolePolicy(statement);
    props.function.addEventSource(
      new ManagedKafkaEventSource({
        clusterArn: topic.cluster.arn,
        topic: topic.name,
        consumerGroupId: groupId,
        startingPosition: lambda.StartingPosition.TRIM_HORIZON,
        batchSize: 100,
        reportBatchItemFailures: true,
        // As many as t3.small brokers stand: they take four new IAM connections a second. Equal, so that no scaling
        // step rebalances the group. All mappings of one poller group are billed together.
        provisionedPollerConfig: { minimumPollers: 1, maximumPollers: 1, pollerGroupName: 'orderly' },
      }),
    );
  }
}
