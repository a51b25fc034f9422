import { AspectPriority, Aspects, CfnResource, CustomResourceProviderBase, RemovalPolicy } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IConstruct } from 'constructs';
import { writeLogsStatement } from './function-role.ts';
import type { Stage } from './stages.ts';

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
