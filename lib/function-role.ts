import * as iam from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/**
 * A role for a function that logs into a group of its stack.
 *
 * Not AWS's managed policy: that one may make log groups, so that a function's last words make a group again which its
 * stack has deleted.
 */
export function functionRole(scope: Construct, id: string, logs: ILogGroup): iam.Role {
  const role = new iam.Role(scope, id, { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  role.addToPolicy(writeLogsStatement(logs.logGroupArn));
  return role;
}

/** What a function needs to log into a group that is there. @param logGroupArn with `:*` at its end */
export function writeLogsStatement(logGroupArn: string): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: [logGroupArn],
  });
}
