import { fileURLToPath } from 'node:url';
import { type Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { type ILogGroup, LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { bundleOf } from './bundles.ts';
import { INTERFACES_ANYWHERE, type KafkaCluster, networkInterfaceStatement } from './kafka.ts';
import { writeLogsStatement } from './logs.ts';
import { dataRemovalPolicy, type Stage } from './stages.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

export interface NodeFunctionProps {
  readonly description: string;
  /** Folder of `functions/` whose `handler.ts` exports `handler`. */
  readonly folder: string;
  readonly stage: Stage;
  readonly timeout: Duration;
  /** MiB; with it comes the share of a processor. */
  readonly memorySize: number;
  readonly environment: Readonly<Record<string, string>>;
  /** The function runs inside the cluster's VPC. @default - outside any VPC */
  readonly inVpcOf?: KafkaCluster;
}

/** Of `AWSLambdaVPCAccessExecutionRole`, beside those that pollers need too. */
const IP_ADDRESS_ACTIONS = ['ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses'];

/** A function of this project: Node 24 on arm64, one ESM bundle with the SDK inside, JSON logs kept as long as the stage says. */
export class NodeFunction extends Construct {
  readonly function: lambda.Function;

  constructor(scope: Construct, id: string, props: NodeFunctionProps) {
    super(scope, id);
    const { stage, inVpcOf: cluster } = props;
    const logGroup = new LogGroup(this, 'Logs', {
      retention: stage.logRetention,
      removalPolicy: dataRemovalPolicy(stage),
    });
    const role = functionRole(this, 'Role', logGroup);
    if (cluster) {
      role.addToPolicy(networkInterfaceStatement(IP_ADDRESS_ACTIONS));
      acknowledge(role, ...INTERFACES_ANYWHERE);
    }

    this.function = new lambda.Function(this, 'Function', {
      description: props.description,
      handler: 'index.handler',
      // Who lists or destroys stacks, and tests that look at templates alone, don't wait for esbuild: any folder will do.
      code: lambda.Code.fromAsset(
        Stack.of(this).bundlingRequired ? bundleOf(props.folder) : `${root}functions/${props.folder}`,
      ),
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      timeout: props.timeout,
      memorySize: props.memorySize,
      environment: props.environment,
      loggingFormat: lambda.LoggingFormat.JSON,
      logGroup,
      role,
      ...(cluster && {
        vpc: cluster.vpc,
        vpcSubnets: cluster.subnets,
        securityGroups: [cluster.clientSecurityGroup],
      }),
    });
  }
}

/**
 * A role for a function that logs into a group of its stack.
 *
 * Not AWS's managed policy: that one may make log groups, so that a function's last words make a group again which its
 * stack has deleted.
 */
function functionRole(scope: Construct, id: string, logs: ILogGroup): iam.Role {
  const role = new iam.Role(scope, id, { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  role.addToPolicy(writeLogsStatement(logs.logGroupArn));
  return role;
}
