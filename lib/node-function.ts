import { fileURLToPath } from 'node:url';
import type { Duration } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { type BundlingOptions, NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { functionRole } from './function-role.ts';
import { INTERFACES_ANYWHERE, type KafkaCluster, networkInterfaceStatement } from './kafka.ts';
import { dataRemovalPolicy, type Stage } from './stages.ts';

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

const root = fileURLToPath(new URL('..', import.meta.url));

/** For esbuild; a test holds the bundles to their sizes. */
export const bundling: BundlingOptions = {
  format: OutputFormat.ESM,
  target: 'node24',
  mainFields: ['module', 'main'],
  minify: true,
  bundleAwsSDK: true,
  esbuildArgs: Object.fromEntries(
    ['@aws-sdk/credential-provider-node', '@aws-sdk/credential-providers'].map((everywhere) => [
      `--alias:${everywhere}`,
      `${root}functions/lambda-credentials.ts`,
    ]),
  ),
  // CommonJS dependencies (kafkajs) call require, which an ES module does not have. The long name cannot meet a
  // minified one.
  banner:
    "import{createRequire as orderlyCreateRequire}from'node:module';const require=orderlyCreateRequire(import.meta.url);",
};

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

    this.function = new NodejsFunction(this, 'Function', {
      description: props.description,
      entry: `${root}functions/${props.folder}/handler.ts`,
      depsLockFilePath: `${root}package-lock.json`,
      projectRoot: root,
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
      bundling,
    });
  }
}
