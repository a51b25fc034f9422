import {
  AspectPriority,
  Aspects,
  Aws,
  CfnResource,
  CustomResourceProviderBase,
  Fn,
  RemovalPolicy,
  Stack,
} from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct, IConstruct } from 'constructs';
import { dataRemovalPolicy, type Stage } from './stages.ts';

/**
 * A log group that another service of AWS's delivers to: access logs of an API, logs of brokers.
 *
 * Its name begins with `/aws/vendedlogs/`. The service allows itself the delivery in a resource policy of the account, which
 * holds 5,120 characters and would fill up with names of groups; groups of that prefix it has once and for all:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-CWL.html
 *
 * It ends with the id of the stack, so that one that was kept is in nobody's way when the stack is made anew.
 */
export class VendedLogGroup extends LogGroup {
  constructor(scope: Construct, id: string, { stage, of }: { readonly stage: Stage; readonly of: string }) {
    const stackId = Fn.select(2, Fn.split('/', Aws.STACK_ID));
    super(scope, id, {
      logGroupName: `/aws/vendedlogs/${Stack.of(scope).stackName}/${of}-${stackId}`,
      retention: stage.logRetention,
      removalPolicy: dataRemovalPolicy(stage),
    });
  }
}

/**
 * Gives a log group, and the right to write into it alone, to each function that CDK adds to an app for its own custom
 * resources: the one that empties the bucket, and the one that closes the VPC's default security group.
 *
 * As CDK makes them, Lambda creates a group when they run, which no stack knows of, and which stays for ever.
 */
export function ownCustomResourceLogs(app: IConstruct, { logRetention }: Stage): void {
  const visit = (provider: IConstruct): void => {
    if (!(provider instanceof CustomResourceProviderBase)) return;
    const handler = resourceIn(provider, 'Handler');
    const role = resourceIn(provider, 'Role');
    const logs = new LogGroup(provider, 'Logs', {
      retention: logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // In the role itself: the function runs as soon as it is there.
    provider.addToRolePolicy(writeLogsStatement(logs.logGroupArn).toStatementJson());
    role.addPropertyDeletionOverride('ManagedPolicyArns');
    handler.addPropertyOverride('LoggingConfig', { LogGroup: logs.logGroupName });
  };
  Aspects.of(app).add({ visit }, { priority: AspectPriority.MUTATING });
}

function resourceIn(provider: IConstruct, id: string): CfnResource {
  const child = provider.node.tryFindChild(id);
  if (child instanceof CfnResource) return child;
  throw new Error(`the custom resource provider ${provider.node.path} has no ${id}: aws-cdk-lib has changed`);
}

/** What a function needs to log into a group that is there. @param logGroupArn with `:*` at its end */
export function writeLogsStatement(logGroupArn: string): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: [logGroupArn],
  });
}
