import { CfnOutput, RemovalPolicy, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import * as msk from 'aws-cdk-lib/aws-msk';
import type { Construct } from 'constructs';
import { ImportedCluster, OwnCluster } from './cluster.ts';
import type { KafkaCluster, KafkaTopic } from './kafka.ts';
import type { ExistingCluster } from './settings.ts';
import type { Brokers, Stage } from './stages.ts';

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

const DAY_MS = 24 * 60 * 60 * 1000;
const KIB = 1024;

/** A topic as it has to be, whoever creates it. */
interface TopicDefinition {
  readonly name: string;
  readonly partitions: number;
  readonly configs: Readonly<Record<string, number>>;
}

/** The events of orders. */
const ORDERS: TopicDefinition = {
  name: 'orders',
  partitions: 3,
  configs: {
    'retention.ms': 7 * DAY_MS,
    // A checkout body has at most 64 KiB; the rest is for the headers and the event's own fields.
    'max.message.bytes': 72 * KIB,
  },
};

/** The records of `orders` that Lambda gave up delivering. */
const DEAD_LETTERS: TopicDefinition = {
  name: 'orders.dead-letters',
  partitions: 3,
  configs: {
    'retention.ms': 30 * DAY_MS,
    // Lambda's envelope holds the record in base64 and its headers as arrays of numbers: about five times the bytes.
    'max.message.bytes': KIB * KIB,
  },
};

/** Creates a topic on a cluster that the app brings itself, to be kept or deleted with the cluster. */
function createTopic(
  scope: Construct,
  id: string,
  definition: TopicDefinition,
  cluster: KafkaCluster & { readonly brokers: Brokers },
): KafkaTopic {
  const topic = new msk.CfnTopic(scope, id, {
    clusterArn: cluster.arn,
    topicName: definition.name,
    partitionCount: definition.partitions,
    replicationFactor: cluster.brokers.availabilityZones,
    configs: jsonInBase64({ ...definition.configs, ...replicationConfigs(cluster.brokers) }),
  });
  topic.applyRemovalPolicy(RemovalPolicy.RETAIN);
  return { name: definition.name, cluster };
}

/** Express has three replicas and waits for two of them, and refuses to be told. */
function replicationConfigs(brokers: Brokers): Readonly<Record<string, number>> {
  switch (brokers.kind) {
    case 'standard':
      // Two replicas and patching that restarts one broker at a time: 2 would stop every write meanwhile.
      return { 'min.insync.replicas': 1 };
    case 'express':
      return {};
  }
}

/**
 * Topic configuration as `AWS::MSK::Topic` hands it to MSK: JSON in base64, every value a text.
 *
 * The page of the property says base64 and no more, and an answer of `DescribeTopic` on another has lines `name=value`:
 * https://docs.aws.amazon.com/msk/latest/developerguide/describe-topic-cli.html. What real accounts take and give back is
 * JSON: `aws_msk_topic` of Terraform's provider, whose tests run on AWS, https://github.com/hashicorp/terraform-provider-aws/pull/46490.
 */
function jsonInBase64(configs: Readonly<Record<string, number>>): string {
  const texts = Object.entries(configs).map(([name, value]) => [name, String(value)]);
  return Buffer.from(JSON.stringify(Object.fromEntries(texts)), 'utf8').toString('base64');
}
