import { CfnOutput, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ImportedCluster } from './imported-cluster.ts';
import type { KafkaTopic } from './kafka.ts';
import { OwnCluster } from './own-cluster.ts';
import type { ExistingCluster } from './settings.ts';
import type { Stage } from './stages.ts';
import { createTopic, DEAD_LETTERS, ORDERS } from './topics.ts';

export interface StreamingStackProps extends StackProps {
  readonly stage: Stage;
  /** A cluster that is there already, and has the topics. @default - the stack brings a cluster and its topics */
  readonly cluster?: ExistingCluster;
  /** Availability zones of that cluster, one for each broker. @default - the first ones that CDK finds */
  readonly zones?: readonly string[];
}

/**
 * The network, the Kafka cluster and its topics: what holds state and outlives the functions. With a cluster of somebody
 * else's, only the relay's way to it.
 */
export class StreamingStack extends Stack {
  /** The topic `orders`. */
  readonly orders: KafkaTopic;
  /** Where Lambda puts the records of `orders` that it gave up delivering. */
  readonly deadLetters: KafkaTopic;
  readonly #zones: readonly string[] | undefined;

  constructor(scope: Construct, id: string, props: StreamingStackProps) {
    super(scope, id, props);
    this.#zones = props.zones;
    if (props.cluster) {
      const cluster = new ImportedCluster(this, 'ImportedCluster', props.cluster);
      this.orders = { name: ORDERS.name, cluster };
      this.deadLetters = { name: DEAD_LETTERS.name, cluster };
    } else {
      if (props.zones)
        Validations.of(this).acknowledge({
          id: 'CloudFormation-Validate::W3010',
          reason: 'whoever names zones means these: not every zone of a region takes brokers',
        });
      const cluster = new OwnCluster(this, 'Kafka', props.stage);
      this.orders = createTopic(this, 'OrdersTopic', ORDERS, cluster);
      this.deadLetters = createTopic(this, 'DeadLettersTopic', DEAD_LETTERS, cluster);
    }

    new CfnOutput(this, 'ClusterArn', { value: this.orders.cluster.arn });
    new CfnOutput(this, 'OrdersTopicName', { value: this.orders.name });
    new CfnOutput(this, 'DeadLettersTopicName', { value: this.deadLetters.name });
  }

  /** CDK's way to choose zones: whoever names them needs no look-up. */
  override get availabilityZones(): string[] {
    return this.#zones ? [...this.#zones] : super.availabilityZones;
  }
}
