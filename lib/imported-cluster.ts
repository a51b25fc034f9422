import { Annotations } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import type { KafkaCluster } from './kafka.ts';
import { clientSecurityGroup } from './network.ts';
import type { ExistingCluster } from './settings.ts';

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
