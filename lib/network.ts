import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { KAFKA_IAM_PORT } from './kafka.ts';
import type { Stage } from './stages.ts';

/**
 * The VPC of the cluster and the relay: isolated subnets without a NAT gateway, a gateway endpoint to DynamoDB, and two
 * security groups. docs/network.md says for every arrow of the system which rule lets it through.
 */
export class Network extends Construct {
  readonly vpc: ec2.Vpc;
  readonly subnets: ec2.SubnetSelection = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };
  /** Of the relay. */
  readonly clients: ec2.SecurityGroup;
  /** Of the brokers, and of the event pollers, which Lambda puts into the cluster's own group. */
  readonly brokers: ec2.SecurityGroup;

  constructor(scope: Construct, id: string, stage: Stage) {
    super(scope, id);
    this.vpc = new ec2.Vpc(this, 'Vpc', {
      maxAzs: stage.brokers.availabilityZones,
      natGateways: 0,
      subnetConfiguration: [{ name: 'isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 24 }],
      gatewayEndpoints: { DynamoDb: { service: ec2.GatewayVpcEndpointAwsService.DYNAMODB } },
    });

    this.clients = new ec2.SecurityGroup(this, 'Clients', {
      vpc: this.vpc,
      description: 'Kafka clients inside the VPC: the relay',
    });
    this.brokers = new ec2.SecurityGroup(this, 'Brokers', {
      vpc: this.vpc,
      description: 'Kafka brokers, and the event source pollers, which Lambda runs in the same group',
    });
    const kafka = ec2.Port.tcp(KAFKA_IAM_PORT);
    this.brokers.addIngressRule(this.brokers, kafka, 'event source pollers to brokers');
    this.brokers.addIngressRule(this.clients, kafka, 'relay to brokers');
  }
}
