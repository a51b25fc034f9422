import { customResourceAttribute } from '../resources/cluster.ts';
import { factsOf } from '../resources/registry.ts';
import { derivedUuid, type Identity, identityOf } from '../resources/resource-type.ts';
import {
  type Assembly,
  isCustomResource,
  type Output,
  type Parameter,
  type Resource,
  type Stack,
  type StackId,
} from './assembly.ts';
import { conditionHolds, type Lookup, resolveValue } from './intrinsics.ts';
import { type Resolution, resolved, textOf, unresolved, whenResolved } from './resolution.ts';

/** Facts of the engine that a template refers to, known only when it runs. */
export interface EngineFacts {
  readonly account: string;
  readonly region: string;
  /** `host:port,host:port` */
  readonly bootstrapServers: string;
  /** The stream's ARN as the engine names it; undefined before the table exists. */
  streamArn(tableName: string): string | undefined;
}

/** The whole assembly with the engine's facts: answers what any value of any stack comes to, when asked. */
export interface Scope {
  readonly assembly: Assembly;
  readonly facts: EngineFacts;
  /** Resolves a value that stands in a template of this stack. */
  resolve(stackId: StackId, value: unknown): Resolution;
  stack(stackId: StackId): Stack;
  /** Physical name, UUID and id of a resource of any type. */
  identity(resource: Resource): Identity;
  /** The exported output of that name, with the stack it belongs to; none whose condition doesn't hold. */
  exportNamed(name: string): { readonly stack: Stack; readonly output: Output } | undefined;
  /** What an output comes to; unresolved if it can't be told whether it exists, or if it doesn't. */
  outputValue(stack: Stack, output: Output): Resolution;
  /** Whether a resource's or an output's condition holds; what has none exists. */
  exists(what: Resource | (Output & Pick<Resource, 'stackId'>)): Resolution;
}

export function scopeOf(assembly: Assembly, facts: EngineFacts): Scope {
  const stacks = new Map(assembly.stacks.map((stack) => [stack.id, stack]));
  const guarded = cycleGuard();

  const scope: Scope = {
    assembly,
    facts,
    stack: (stackId) => {
      const stack = stacks.get(stackId);
      if (stack === undefined) throw new TypeError(`no stack ${stackId} in this assembly`);
      return stack;
    },
    resolve: (stackId, value) => resolveValue(value, lookups(stackId)),
    identity: (resource) =>
      identityOf(scope.stack(resource.stackId), resource, factsOf(resource.type), scope),
    exportNamed: (name) => {
      for (const stack of assembly.stacks) {
        for (const output of stack.outputs.values()) {
          if (output.exportName === undefined) continue;
          const exported = scope.resolve(stack.id, output.exportName);
          if (!exported.resolved || exported.value !== name) continue;
          const exists = scope.exists({ ...output, stackId: stack.id });
          if (!exists.resolved || exists.value === true) return { stack, output };
        }
      }
      return undefined;
    },
    outputValue: (stack, output) =>
      whenResolved(scope.exists({ ...output, stackId: stack.id }), (exists) =>
        exists === true
          ? scope.resolve(stack.id, output.value)
          : unresolved({ Condition: output.condition }, 'the condition of the output does not hold'),
      ),
    exists: ({ condition, stackId }) =>
      condition === undefined ? resolved(true) : lookups(stackId).condition(condition),
  };

  function lookups(stackId: StackId): Lookup {
    const stack = scope.stack(stackId);
    const lookup: Lookup = {
      region: facts.region,
      ref: (name) => guarded(`${stackId} Ref ${name}`, { Ref: name }, () => referenced(scope, stack, name)),
      attribute: (logicalId, name) =>
        guarded(`${stackId} GetAtt ${logicalId}.${name}`, { 'Fn::GetAtt': [logicalId, name] }, () =>
          attributed(scope, stack, logicalId, name),
        ),
      exported: (name) =>
        guarded(`import ${name}`, { 'Fn::ImportValue': name }, () => {
          const found = scope.exportNamed(name);
          return found === undefined
            ? unresolved({ 'Fn::ImportValue': name }, 'no stack of this app exports that name')
            : scope.outputValue(found.stack, found.output);
        }),
      output: (stackName, name) =>
        guarded(`output ${stackName}.${name}`, { 'Fn::GetStackOutput': [stackName, name] }, () => {
          const other = assembly.stacks.find((candidate) => candidate.name === stackName);
          const found = other?.outputs.get(name);
          return other === undefined || found === undefined
            ? unresolved({ 'Fn::GetStackOutput': [stackName, name] }, 'no stack of this app has that output')
            : scope.outputValue(other, found);
        }),
      mapping: (map, top, second) => {
        const value = stack.mappings[map]?.[top]?.[second];
        return value === undefined
          ? unresolved({ 'Fn::FindInMap': [map, top, second] }, 'the template has no such mapping')
          : resolved(value);
      },
      condition: (name) =>
        guarded(`${stackId} condition ${name}`, { Condition: name }, () =>
          stack.conditions.has(name)
            ? conditionHolds(stack.conditions.get(name), lookup, (value) => resolveValue(value, lookup))
            : unresolved({ Condition: name }, 'the template has no such condition'),
        ),
    };
    return lookup;
  }

  return scope;
}

/** The resources whose condition holds, or cannot be told: stack by stack, in the order of their templates. */
export function existingResources(scope: Scope): Resource[] {
  return scope.assembly.stacks
    .flatMap((stack) => [...stack.resources.values()])
    .filter((resource) => {
      const exists = scope.exists(resource);
      return !exists.resolved || exists.value === true;
    });
}

function referenced(scope: Scope, stack: Stack, name: string): Resolution {
  const pseudo = pseudoParameter(stack, name, scope.facts);
  if (pseudo !== undefined) return pseudo;
  const parameter = stack.parameters.get(name);
  if (parameter !== undefined) return parameterValue(name, parameter);
  return ofResource(scope, stack, name, { Ref: name }, (resource) => {
    const type = factsOf(resource.type);
    return type === undefined
      ? unresolved({ Ref: name }, `${resource.type} is not emulated`)
      : type.ref(scope.identity(resource));
  });
}

/**
 * `Ref` of a pseudo parameter; `undefined` if the name is not one.
 *
 * Account and region are the engine's, whatever environment the stack was synthesized for: everything runs in one
 * place here. Source: "Pseudo parameters reference" of the AWS CloudFormation user guide.
 */
function pseudoParameter(stack: Stack, name: string, facts: EngineFacts): Resolution | undefined {
  switch (name) {
    case 'AWS::AccountId':
      return resolved(facts.account);
    case 'AWS::NoValue':
      return resolved(undefined);
    case 'AWS::NotificationARNs':
      return resolved([]);
    case 'AWS::Partition':
      return resolved('aws');
    case 'AWS::Region':
      return resolved(facts.region);
    case 'AWS::StackId':
      return resolved(
        `arn:aws:cloudformation:${facts.region}:${facts.account}:stack/${stack.name}/${derivedUuid(stack.id)}`,
      );
    case 'AWS::StackName':
      return resolved(stack.name);
    case 'AWS::URLSuffix':
      return resolved('amazonaws.com');
    default:
      return undefined;
  }
}

/** `Ref` of a parameter of the template: its default, since nobody is there to pass a value. */
function parameterValue(name: string, parameter: Parameter): Resolution {
  if (parameter.default === undefined) {
    return unresolved({ Ref: name }, 'the parameter has no default');
  }
  if (parameter.type.startsWith('AWS::SSM::Parameter::Value')) {
    return unresolved({ Ref: name }, 'the value is in the SSM parameter store of an account');
  }
  const isList = parameter.type === 'CommaDelimitedList' || parameter.type.startsWith('List<');
  return resolved(
    isList
      ? (textOf(parameter.default) ?? '').split(',').map((member) => member.trim())
      : (textOf(parameter.default) ?? parameter.default),
  );
}

function attributed(scope: Scope, stack: Stack, logicalId: string, name: string): Resolution {
  const expression = { 'Fn::GetAtt': [logicalId, name] };
  return ofResource(scope, stack, logicalId, expression, (resource) => {
    if (isCustomResource(resource)) return customResourceAttribute(resource, name, scope.facts);
    const attribute = factsOf(resource.type)?.attributes[name];
    return attribute === undefined
      ? unresolved(expression, `${resource.type} has no ${name} here`)
      : attribute(scope.identity(resource));
  });
}

/** Goes on with a resource that exists under its condition. */
function ofResource(
  scope: Scope,
  stack: Stack,
  logicalId: string,
  expression: unknown,
  next: (resource: Resource) => Resolution,
): Resolution {
  const resource = stack.resources.get(logicalId);
  if (resource === undefined) return unresolved(expression, 'the template has no such resource');
  return whenResolved(scope.exists(resource), (exists) =>
    exists === true
      ? next(resource)
      : unresolved(expression, `the condition ${resource.condition} does not hold, so it does not exist`),
  );
}

/** A template may refer in circles; then the value is unresolved instead of the stack overflowing. */
function cycleGuard(): (key: string, expression: unknown, resolve: () => Resolution) => Resolution {
  const underWay = new Set<string>();
  return (key, expression, resolve) => {
    if (underWay.has(key)) return unresolved(expression, 'it refers to itself');
    underWay.add(key);
    try {
      return resolve();
    } finally {
      underWay.delete(key);
    }
  };
}
