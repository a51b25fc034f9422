import { RemovalPolicies } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as msk from 'aws-cdk-lib/aws-msk';
import { Construct } from 'constructs';
import type { KafkaCluster } from './kafka.ts';
import { Network } from './network.ts';
import { type Brokers, dataRemovalPolicy, type Stage } from './stages.ts';
import { VendedLogGroup } from './vended-log-group.ts';

/** An MSK cluster in a network of its own, with one way in: IAM over TLS. */
export class OwnCluster extends Construct implements KafkaCluster {
  readonly arn: string;
  readonly name = 'orderly';
  readonly brokers: Brokers;
  readonly vpc: ec2.IVpc;
  readonly subnets: ec2.SubnetSelection;
  readonly clientSecurityGroup: ec2.ISecurityGroup;

  constructor(scope: Construct, id: string, stage: Stage) {
    super(scope, id);
    const network = new Network(this, 'Network', stage);
    // A cluster that is kept stands in its network.
    if (stage.keepsData) RemovalPolicies.of(network).retainOnUpdateOrDelete();
    const { brokers } = stage;

    const logs = new VendedLogGroup(this, 'BrokerLogs', { stage, of: 'brokers' });
    const cluster = new msk.CfnCluster(this, 'Cluster', {
      clusterName: this.name,
      kafkaVersion: brokers.kafkaVersion,
      numberOfBrokerNodes: brokers.availabilityZones,
      brokerNodeGroupInfo: {
        instanceType: brokers.instanceType,
        clientSubnets: network.vpc.selectSubnets(network.subnets).subnetIds,
        securityGroups: [network.brokers.securityGroupId],
        ...(brokers.kind === 'standard' && {
          storageInfo: { ebsStorageInfo: { volumeSize: brokers.storageGib } },
        }),
      },
      clientAuthentication: { sasl: { iam: { enabled: true } }, unauthenticated: { enabled: false } },
      encryptionInfo: { encryptionInTransit: { clientBroker: 'TLS', inCluster: true } },
      // Express brokers have them since 2026: https://docs.aws.amazon.com/msk/latest/developerguide/msk-logging.html
      loggingInfo: { brokerLogs: { cloudWatchLogs: { enabled: true, logGroup: logs.logGroupName } } },
    });
    cluster.applyRemovalPolicy(dataRemovalPolicy(stage));

    this.arn = cluster.attrArn;
    this.brokers = brokers;
    this.vpc = network.vpc;
    this.subnets = network.subnets;
    this.clientSecurityGroup = network.clients;
  }
}
