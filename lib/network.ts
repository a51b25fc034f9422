import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { KAFKA_IAM_PORT } from './kafka.ts';
import { dataRemovalPolicy, type Stage } from './stages.ts';

const KAFKA = ec2.Port.tcp(KAFKA_IAM_PORT);

/**
 * The VPC of the cluster and the relay: isolated subnets without a NAT gateway, a gateway endpoint to DynamoDB, and two
 * security groups. docs/network.md says for every arrow of the system which rule and which policy let it through.
 */
export class Network extends Construct {
  readonly vpc: ec2.Vpc;
  readonly subnets: ec2.SubnetSelection = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };
  /** Of the brokers, and of the event pollers, which Lambda puts into the cluster's own group. */
  readonly brokers: ec2.SecurityGroup;
  /** Of the relay. */
  readonly clients: ec2.SecurityGroup;

  constructor(scope: Construct, id: string, stage: Stage) {
    super(scope, id);
    this.vpc = new ec2.Vpc(this, 'Vpc', {
      maxAzs: stage.brokers.availabilityZones,
      natGateways: 0,
      subnetConfiguration: [{ name: 'isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 24 }],
    });
    // Refused packets only: they name the rule that is missing, and there are none where nothing is wrong.
    this.vpc.addFlowLog('Refused', {
      trafficType: ec2.FlowLogTrafficType.REJECT,
      destination: ec2.FlowLogDestination.toCloudWatchLogs(
        new LogGroup(this, 'RefusedPackets', {
          retention: stage.logRetention,
          removalPolicy: dataRemovalPolicy(stage),
        }),
      ),
    });
    this.#dynamoDb();

    this.brokers = new ec2.SecurityGroup(this, 'Brokers', {
      vpc: this.vpc,
      description: 'Kafka brokers, and the event source pollers, which Lambda runs in the same group',
      allowAllOutbound: false,
    });
    this.brokers.connections.allowInternally(KAFKA, 'event source pollers to brokers');
    this.clients = clientSecurityGroup(this, 'Clients', this.vpc, this.brokers);
  }

  /** Nothing but what the relay does, with tables of this account alone. */
  #dynamoDb(): void {
    const { account } = Stack.of(this);
    const endpoint = this.vpc.addGatewayEndpoint('DynamoDb', {
      service: ec2.GatewayVpcEndpointAwsService.DYNAMODB,
    });
    endpoint.addToPolicy(
      new iam.PolicyStatement({
        principals: [new iam.AnyPrincipal()],
        actions: ['BatchGetItem', 'BatchWriteItem', 'Query', 'Scan'].map((action) => `dynamodb:${action}`),
        // The tables belong to the stack that depends on this one: their names are not known yet.
        resources: [
          Stack.of(this).formatArn({
            service: 'dynamodb',
            resource: 'table',
            resourceName: '*',
            arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
          }),
        ],
        conditions: { StringEquals: { 'aws:PrincipalAccount': account } },
      }),
    );
  }
}

/** A security group for clients of the brokers, which are told to let it in. */
export function clientSecurityGroup(
  scope: Construct,
  id: string,
  vpc: ec2.IVpc,
  brokers: ec2.ISecurityGroup,
): ec2.SecurityGroup {
  const clients = new ec2.SecurityGroup(scope, id, {
    vpc,
    description: 'Kafka clients inside the VPC: the relay',
    allowAllOutbound: false,
  });
  clients.connections.allowTo(brokers, KAFKA, 'relay to brokers');
  // Its addresses are a prefix list, whose id is another one in each region. In isolated subnets there is a route to them
  // and to nothing else.
  clients.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'relay to DynamoDB');
  return clients;
}
