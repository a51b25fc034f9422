import { Aws, Fn, Stack } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
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
