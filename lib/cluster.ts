import { Annotations, ArnFormat, RemovalPolicies, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import * as msk from 'aws-cdk-lib/aws-msk';
import { AwsCustomResource, PhysicalResourceId } from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { KAFKA_IAM_PORT, type KafkaCluster } from './kafka.ts';
import { VendedLogGroup, writeLogsStatement } from './logs.ts';
import type { ExistingCluster } from './settings.ts';
import { type Brokers, dataRemovalPolicy, type Stage } from './stages.ts';

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

/** A cluster that belongs to somebody else: all that is added is a security group for the relay, and its way in. */
export class ImportedCluster extends Construct implements KafkaCluster {
  readonly arn: string;
  readonly name: string;
  /** Nobody says what they are. */
  readonly brokers = undefined;
  readonly vpc: ec2.IVpc;
  readonly subnets: ec2.SubnetSelection;
  readonly clientSecurityGroup: ec2.ISecurityGroup;

  constructor(scope: Construct, id: string, existing: ExistingCluster) {
    super(scope, id);
    this.arn = existing.arn;
    this.name = existing.arn.split('/')[1] ?? '';
    this.vpc = ec2.Vpc.fromVpcAttributes(this, 'Vpc', {
      vpcId: existing.vpcId,
      // A function is placed by its subnets; in which zones they lie is nobody's question here.
      availabilityZones: ['any'],
    });
    this.subnets = {
      subnets: existing.subnetIds.map((subnetId, index) => {
        const subnet = ec2.Subnet.fromSubnetId(this, `Subnet${index}`, subnetId);
        // No route is added to it.
        Annotations.of(subnet).acknowledgeWarning('@aws-cdk/aws-ec2:noSubnetRouteTableId');
        return subnet;
      }),
    };

    const brokers = ec2.SecurityGroup.fromSecurityGroupId(this, 'Brokers', existing.securityGroupId);
    this.clientSecurityGroup = clientSecurityGroup(this, 'Clients', this.vpc, brokers);
  }
}

const KAFKA = ec2.Port.tcp(KAFKA_IAM_PORT);

/**
 * The VPC of the cluster and the relay: isolated subnets without a NAT gateway, a gateway endpoint to DynamoDB, and two
 * security groups. docs/network.md says for every arrow of the system which rule and which policy let it through.
 */
class Network extends Construct {
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
function clientSecurityGroup(
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

export interface BootstrapBrokersProps {
  readonly cluster: KafkaCluster;
  readonly stage: Stage;
}

const ATTRIBUTE = 'BootstrapBrokerStringSaslIam';

/**
 * The addresses of a cluster's brokers, asked for once at deployment.
 *
 * `AWS::MSK::Cluster` has no attribute for them, and a function in an isolated subnet can't call the MSK API.
 */
export class BootstrapBrokers extends Construct {
  /** `host:port,host:port` for IAM authentication. */
  readonly addresses: string;

  constructor(scope: Construct, id: string, { cluster, stage }: BootstrapBrokersProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Logs', {
      retention: stage.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const resource = new AwsCustomResource(this, 'GetBootstrapBrokers', {
      onUpdate: {
        service: 'Kafka',
        action: 'getBootstrapBrokers',
        parameters: { ClusterArn: cluster.arn },
        physicalResourceId: PhysicalResourceId.of('bootstrap-brokers'),
        outputPaths: [ATTRIBUTE],
      },
      installLatestAwsSdk: false,
      logGroup,
      // The function runs as soon as it is there: what it may do is in its role from the beginning, since a policy that comes
      // later may not have reached every door of IAM by then.
      // https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
      role: new iam.Role(this, 'Role', {
        assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
        inlinePolicies: {
          ask: new iam.PolicyDocument({
            statements: [
              new iam.PolicyStatement({ actions: ['kafka:GetBootstrapBrokers'], resources: [cluster.arn] }),
              writeLogsStatement(logGroup.logGroupArn),
            ],
          }),
        },
      }),
    });
    this.addresses = resource.getResponseField(ATTRIBUTE);
  }
}
