import type { Resource } from './assembly.ts';
import { isCustomResource } from './custom-resources.ts';
import type { FunctionEnvironment } from './environment.ts';
import { referencesIn } from './references.ts';
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
