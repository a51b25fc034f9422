import { AspectPriority, Aspects, CfnResource, RemovalPolicy } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IConstruct } from 'constructs';
import type { Stage } from './stages.ts';

/** CDK marks the providers of its own custom resources with it (`CUSTOM_RESOURCE_PROVIDER` in aws-cdk-lib). */
const PROVIDER_MARK = 'aws:cdk:is-custom-resource-handler-customResourceProvider';

/**
 * Gives a log group to each function that CDK adds to an app for its own custom resources: the one that empties the
 * bucket, and the one that closes the VPC's default security group.
 *
 * Without, Lambda makes one as the function runs, which no stack knows of, and which stays for ever.
 */
export function ownCustomResourceLogs(app: IConstruct, { logRetention }: Stage): void {
  const visit = (node: IConstruct): void => {
    if (!node.node.metadata.some(({ type }) => type === PROVIDER_MARK)) return;
    const handler = node.node.tryFindChild('Handler');
    if (!(handler instanceof CfnResource)) throw new Error(`no function is behind ${node.node.path}`);
    const logs = new LogGroup(node, 'Logs', {
      retention: logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    handler.addPropertyOverride('LoggingConfig', { LogGroup: logs.logGroupName });
  };
  Aspects.of(app).add({ visit }, { priority: AspectPriority.MUTATING });
}
