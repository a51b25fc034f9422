import { RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { AwsCustomResource, PhysicalResourceId } from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { writeLogsStatement } from './function-role.ts';
import type { KafkaCluster } from './kafka.ts';
import type { Stage } from './stages.ts';

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
