import { AspectPriority, Aspects, CfnResource, Fn, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IConstruct } from 'constructs';
import { writeLogsStatement } from './function-role.ts';
import type { Stage } from './stages.ts';

/** CDK marks the providers of its own custom resources with it (`CUSTOM_RESOURCE_PROVIDER` in aws-cdk-lib). */
const PROVIDER_MARK = 'aws:cdk:is-custom-resource-handler-customResourceProvider';

/**
 * Gives a log group, and the right to write into it alone, to each function that CDK adds to an app for its own custom
 * resources: the one that empties the bucket, and the one that closes the VPC's default security group.
 *
 * As CDK makes them, Lambda creates a group when they run, which no stack knows of, and which stays for ever.
 */
export function ownCustomResourceLogs(app: IConstruct, { logRetention }: Stage): void {
  const visit = (provider: IConstruct): void => {
    if (!provider.node.metadata.some(({ type }) => type === PROVIDER_MARK)) return;
    const handler = resourceIn(provider, 'Handler');
    const role = resourceIn(provider, 'Role');
    const logs = new LogGroup(provider, 'Logs', {
      retention: logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const policy = new iam.CfnPolicy(provider, 'WriteLogs', {
      policyName: 'write-logs',
      policyDocument: new iam.PolicyDocument({ statements: [writeLogsStatement(logs.logGroupArn)] }),
      roles: [Fn.ref(role.logicalId)],
    });
    role.addPropertyDeletionOverride('ManagedPolicyArns');
    handler.addPropertyOverride('LoggingConfig', { LogGroup: logs.logGroupName });
    handler.addResourceDependency(policy);
  };
  Aspects.of(app).add({ visit }, { priority: AspectPriority.MUTATING });
}

function resourceIn(provider: IConstruct, id: string): CfnResource {
  const child = provider.node.tryFindChild(id);
  if (child instanceof CfnResource) return child;
  throw new Error(`the custom resource provider ${provider.node.path} has no ${id}: aws-cdk-lib has changed`);
}
