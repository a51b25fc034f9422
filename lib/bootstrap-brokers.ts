import { RemovalPolicy } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { AwsCustomResource, AwsCustomResourcePolicy, PhysicalResourceId } from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { functionRole } from './function-role.ts';
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
      policy: AwsCustomResourcePolicy.fromSdkCalls({ resources: [cluster.arn] }),
      installLatestAwsSdk: false,
      logGroup,
      role: functionRole(this, 'Role', logGroup),
    });
    this.addresses = resource.getResponseField(ATTRIBUTE);
  }
}
