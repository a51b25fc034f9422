import type { FunctionEnvironment } from '../resources/function.ts';
import { factsOf } from '../resources/registry.ts';
import { isCustomResource, type Resource, type Stack } from './assembly.ts';
import { type Finding, findingOn } from './findings.ts';
import { attributeTarget, isIntrinsic, onlyEntry, subVariables } from './intrinsics.ts';
import { isRecord, textOf } from './resolution.ts';
import type { Scope } from './scope.ts';

/** Types whose reference to a function makes nobody run it: permissions, logs, monitoring. */
export const bystanders: ReadonlySet<string> = new Set([
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::IAM::ManagedPolicy',
  'AWS::IAM::Policy',
  'AWS::IAM::Role',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::Permission',
  'AWS::Logs::LogGroup',
  'Custom::LogRetention',
]);

/** Who refers to whom among the resources that exist. */
export interface References {
  readonly resources: readonly Resource[];
  /** The resources this one refers to anywhere in its properties. */
  from(resource: Resource): ReadonlySet<Resource>;
  /** The resources a function's environment variables refer to. */
  fromEnvironment(resource: Resource): ReadonlySet<Resource>;
  /** The resources a custom resource is created by: what its `ServiceToken` refers to. */
  servedBy(resource: Resource): ReadonlySet<Resource>;
}

/** Works out the references once; `environment` replaces what functions refer to in their variables. */
export function referencesOf(
  scope: Scope,
  resources: readonly Resource[],
  environment: FunctionEnvironment,
): References {
  const from = new Map<Resource, ReadonlySet<Resource>>();
  const servedBy = new Map<Resource, ReadonlySet<Resource>>();
  for (const resource of resources) {
    const { ServiceToken, ...own } =
      resource.type === 'AWS::Lambda::Function' ? environment.applyTo(resource) : resource.properties;
    const stack = scope.stack(resource.stackId);
    const served = isCustomResource(resource);
    from.set(resource, referencesIn(scope, stack, served ? own : { ...own, ServiceToken }));
    servedBy.set(resource, served ? referencesIn(scope, stack, ServiceToken) : new Set());
  }
  return {
    resources,
    from: (resource) => from.get(resource) ?? new Set(),
    fromEnvironment: (resource) =>
      referencesIn(scope, scope.stack(resource.stackId), environment.applyTo(resource).Environment),
    servedBy: (resource) => servedBy.get(resource) ?? new Set(),
  };
}

/**
 * The functions that run: all of them, except those that exist only to serve custom resources. Those are CloudFormation's
 * hands during a deployment, and nothing is deployed here.
 *
 * A function serves if a `ServiceToken` leads to it, directly or through other serving resources (CDK's provider
 * framework calls the user's handler, and waits in a state machine), and nothing else that runs refers to it.
 */
export function functionsThatRun(references: References): readonly Resource[] {
  const serving = reachableFromServiceTokens(references);
  // Take out whatever somebody outside refers to, until nothing changes: what is left is referred to from inside only.
  for (let changed = true; changed; ) {
    changed = false;
    for (const referrer of references.resources) {
      if (serving.has(referrer) || bystanders.has(referrer.type)) continue;
      for (const target of references.from(referrer)) {
        changed = serving.delete(target) || changed;
      }
    }
  }
  return references.resources.filter(
    (resource) => resource.type === 'AWS::Lambda::Function' && !serving.has(resource),
  );
}

function reachableFromServiceTokens(references: References): Set<Resource> {
  const reached = new Set<Resource>();
  const visit = (resource: Resource): void => {
    if (reached.has(resource)) return;
    reached.add(resource);
    for (const next of references.from(resource)) visit(next);
  };
  for (const resource of references.resources) {
    for (const server of references.servedBy(resource)) visit(server);
  }
  return reached;
}

/** The function that a version or an alias stands for; any other resource is itself. */
export function throughVersion(references: References, target: Resource): Resource {
  if (target.type !== 'AWS::Lambda::Version' && target.type !== 'AWS::Lambda::Alias') return target;
  const [inner] = [...references.from(target)];
  return inner === undefined ? target : throughVersion(references, inner);
}

/**
 * The resources a template value refers to, through other stacks' exports too; both branches of every `Fn::If`.
 *
 * It looks at how the value is written, not at what it comes to: a resource named by a text is not found.
 */
function referencesIn(scope: Scope, stack: Stack, value: unknown): ReadonlySet<Resource> {
  const found = new Set<Resource>();
  const seen = new Set<unknown>();

  const add = (from: Stack, logicalId: string): void => {
    const resource = from.resources.get(logicalId);
    if (resource !== undefined) found.add(resource);
  };

  const walk = (from: Stack, part: unknown): void => {
    if (typeof part !== 'object' || part === null || seen.has(part)) return;
    seen.add(part);
    const [key, argument] = onlyEntry(part) ?? [];
    if (key !== undefined && isIntrinsic(key)) walkIntrinsic(from, key, argument);
    for (const member of Object.values(part)) walk(from, member);
  };

  const walkIntrinsic = (from: Stack, key: string, argument: unknown): void => {
    switch (key) {
      case 'Ref':
        add(from, textOf(argument) ?? '');
        return;
      case 'Fn::GetAtt':
        add(from, attributeTarget(argument)?.logicalId ?? '');
        return;
      case 'Fn::Sub': {
        const text: unknown = Array.isArray(argument) ? argument[0] : argument;
        for (const name of subVariables(textOf(text) ?? '')) {
          add(from, attributeTarget(name)?.logicalId ?? name);
        }
        return;
      }
      case 'Fn::ImportValue': {
        const name = scope.resolve(from.id, argument);
        const exported = name.resolved ? scope.exportNamed(textOf(name.value) ?? '') : undefined;
        if (exported !== undefined) walk(exported.stack, exported.output.value);
        return;
      }
      case 'Fn::GetStackOutput': {
        const target = scope.resolve(from.id, argument);
        if (!target.resolved || !isRecord(target.value)) return;
        const { StackName, OutputName } = target.value;
        const other = scope.assembly.stacks.find((candidate) => candidate.name === StackName);
        if (other !== undefined) walk(other, other.outputs.get(textOf(OutputName) ?? '')?.value);
        return;
      }
    }
  };

  walk(stack, value);
  return found;
}

/** What makes a function run and is of a type that nothing is known of, with what then does not happen. */
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

    const type = factsOf(resource.type);
    const trigger = triggers.get(resource.type) ?? type?.unheard;
    const invoked = [...references.from(resource)]
      .map((target) => throughVersion(references, target))
      .find((target) => running.has(target));
    if (trigger !== undefined && invoked !== undefined) {
      findings.push(findingOn(resource, undefined, `${trigger}: ${invoked.path} is not invoked by it`));
    }

    const user = named.get(resource);
    if (user !== undefined && type?.nameOnly) {
      findings.push(
        findingOn(resource, undefined, `it is not emulated, and the environment of ${user.path} names it`),
      );
    }
    return findings;
  });
}
