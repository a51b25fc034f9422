import type { Resource } from './assembly.ts';
import { type References, throughVersion } from './closure.ts';
import { findingOn } from './findings.ts';
import type { Finding } from './model.ts';

/** What makes a function run that the local cloud does not emulate, with what then does not happen. */
const triggers: ReadonlyMap<string, string> = new Map([
  ['AWS::ApiGateway::Method', 'REST APIs are not served here'],
  ['AWS::AppSync::DataSource', 'AppSync is not emulated'],
  ['AWS::CloudFront::Distribution', 'requests through CloudFront do not reach the function here'],
  ['AWS::Cognito::UserPool', 'the triggers of a user pool do not fire here'],
  ['AWS::ElasticLoadBalancingV2::TargetGroup', 'load balancers are not emulated'],
  ['AWS::IoT::TopicRule', 'IoT rules do not fire here'],
  ['AWS::Lambda::EventInvokeConfig', 'destinations and retries of asynchronous invocations are not emulated'],
  ['AWS::Lambda::Url', 'function URLs are not served here'],
  ['AWS::Logs::SubscriptionFilter', 'log subscriptions are not emulated'],
  ['AWS::Pipes::Pipe', 'pipes are not emulated'],
  ['AWS::S3::Bucket', 'bucket notifications are not emulated'],
  ['AWS::SNS::Subscription', 'SNS subscriptions are not emulated'],
  ['AWS::StepFunctions::StateMachine', 'state machines do not run here'],
  ['Custom::S3BucketNotifications', 'bucket notifications are not emulated'],
]);

/** Types that hold resources this reader cannot see. */
const containers: ReadonlyMap<string, string> = new Map([
  ['AWS::CloudFormation::Stack', 'nested stacks are not read: nothing in it runs here'],
  ['AWS::Serverless::Api', 'the SAM transform is not applied: it does not run here'],
  ['AWS::Serverless::Application', 'the SAM transform is not applied: nothing in it runs here'],
  ['AWS::Serverless::Function', 'the SAM transform is not applied: it does not run here'],
  ['AWS::Serverless::HttpApi', 'the SAM transform is not applied: it does not run here'],
  ['AWS::Serverless::SimpleTable', 'the SAM transform is not applied: it does not run here'],
  ['AWS::Serverless::StateMachine', 'the SAM transform is not applied: it does not run here'],
]);

/** Types that have a name here, but nothing behind it. */
const namesOnly: ReadonlySet<string> = new Set(['AWS::SNS::Topic', 'AWS::SQS::Queue']);

/**
 * Whole resources that the functions which run would miss: what would invoke them and never does here, what they name in
 * their environment and isn't there, and what may hold more functions than can be seen.
 */
export function leftOut(references: References, functions: readonly Resource[]): Finding[] {
  const running = new Set(functions);
  const named = new Map(
    functions.flatMap((user) =>
      [...references.fromEnvironment(user)].map((target) => [target, user] as const),
    ),
  );
  return references.resources.flatMap((resource) => {
    const findings: Finding[] = [];
    const container = containers.get(resource.type);
    if (container !== undefined) findings.push(findingOn(resource, undefined, container));

    const trigger = triggers.get(resource.type);
    const invoked = [...references.from(resource)]
      .map((target) => throughVersion(references, target))
      .find((target) => running.has(target));
    if (trigger !== undefined && invoked !== undefined) {
      findings.push(findingOn(resource, undefined, `${trigger}: ${invoked.path} is not invoked by it`));
    }

    const user = named.get(resource);
    if (user !== undefined && namesOnly.has(resource.type)) {
      findings.push(
        findingOn(resource, undefined, `it is not emulated, and the environment of ${user.path} names it`),
      );
    }
    return findings;
  });
}
