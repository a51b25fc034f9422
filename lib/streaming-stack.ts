import { CfnOutput, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as msk from 'aws-cdk-lib/aws-msk';
import type { Construct } from 'constructs';
import { type KafkaCluster, type KafkaTopic, topicConfigs } from './kafka.ts';

/** MSK's listener for IAM authentication inside the VPC; https://docs.aws.amazon.com/msk/latest/developerguide/port-info.html */
const IAM_PORT = 9098;
/** One per availability zone; MSK wants a multiple of the zones. */
const BROKERS = 2;

const DAY_MS = 24 * 60 * 60 * 1000;
const KIB = 1024;

/**
 * The network, the Kafka cluster and its topics: what holds state and outlives the functions.
 *
 * The cheapest cluster that has all that the consumers use: two `kafka.t3.small`, IAM authentication over TLS only, in
 * isolated subnets without a NAT gateway. It is destroyed with the stack; the topics go with their cluster.
 */
export class StreamingStack extends Stack {
  readonly cluster: KafkaCluster;
  /** The topic `orders`. */
  readonly orders: KafkaTopic;
  /** Where Lambda puts the records of `orders` that it gave up delivering. */
  readonly deadLetters: KafkaTopic;

  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const vpc = new ec2.Vpc(this, 'Vpc', {
      maxAzs: BROKERS,
      natGateways: 0,
      subnetConfiguration: [{ name: 'isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 24 }],
      gatewayEndpoints: { DynamoDb: { service: ec2.GatewayVpcEndpointAwsService.DYNAMODB } },
    });
    const subnets: ec2.SubnetSelection = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };

    const clientSecurityGroup = new ec2.SecurityGroup(this, 'ClientSecurityGroup', {
      vpc,
      description: 'Kafka clients inside the VPC: the relay',
    });
    const brokerSecurityGroup = new ec2.SecurityGroup(this, 'BrokerSecurityGroup', {
      vpc,
      description: 'Kafka brokers, and the event source pollers, which Lambda runs in the same group',
    });
    const iam = ec2.Port.tcp(IAM_PORT);
    brokerSecurityGroup.addIngressRule(brokerSecurityGroup, iam, 'event source pollers to brokers');
    brokerSecurityGroup.addIngressRule(clientSecurityGroup, iam, 'relay to brokers');

    const cluster = new msk.CfnCluster(this, 'Cluster', {
      clusterName: 'orderly',
      kafkaVersion: '4.1.x.kraft',
      numberOfBrokerNodes: BROKERS,
      brokerNodeGroupInfo: {
        instanceType: 'kafka.t3.small',
        clientSubnets: vpc.selectSubnets(subnets).subnetIds,
        securityGroups: [brokerSecurityGroup.securityGroupId],
        storageInfo: { ebsStorageInfo: { volumeSize: 10 } },
      },
      clientAuthentication: { sasl: { iam: { enabled: true } }, unauthenticated: { enabled: false } },
      encryptionInfo: { encryptionInTransit: { clientBroker: 'TLS', inCluster: true } },
    });
    cluster.applyRemovalPolicy(RemovalPolicy.DESTROY);

    this.cluster = { arn: cluster.attrArn, vpc, subnets, clientSecurityGroup };
    this.orders = this.#topic('OrdersTopic', {
      topicName: 'orders',
      partitionCount: 3,
      configs: topicConfigs({
        'retention.ms': 7 * DAY_MS,
        // A checkout body has at most 64 KiB; the rest is for the headers and the event's own fields.
        'max.message.bytes': 72 * KIB,
        // Two replicas and patching that restarts one broker at a time: 2 would stop every write meanwhile.
        'min.insync.replicas': 1,
      }),
    });
    this.deadLetters = this.#topic('DeadLettersTopic', {
      topicName: 'orders.dead-letters',
      partitionCount: 3,
      configs: topicConfigs({
        'retention.ms': 30 * DAY_MS,
        // Lambda's envelope holds the record in base64 and its headers as arrays of numbers: about five times the bytes.
        'max.message.bytes': KIB * KIB,
        'min.insync.replicas': 1,
      }),
    });

    new CfnOutput(this, 'ClusterArn', { value: cluster.attrArn });
    new CfnOutput(this, 'OrdersTopicName', { value: this.orders.name });
    new CfnOutput(this, 'DeadLettersTopicName', { value: this.deadLetters.name });
  }

  #topic(id: string, props: { topicName: string; partitionCount: number; configs: string }): KafkaTopic {
    const topic = new msk.CfnTopic(this, id, {
      ...props,
      clusterArn: this.cluster.arn,
      replicationFactor: BROKERS,
    });
    topic.applyRemovalPolicy(RemovalPolicy.RETAIN);
    return { name: props.topicName, cluster: this.cluster };
  }
}
