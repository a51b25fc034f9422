import type { Resource } from './assembly.ts';
import { findingOn, unresolvedFinding } from './findings.ts';
import { kafkaMapping } from './kafka-mapping.ts';
import { functionNameIn } from './known-types.ts';
import type { Finding, FunctionModel, MappingModel, TableModel } from './model.ts';
import type { Reading } from './reading.ts';
import { textOf } from './resolution.ts';
import type { Scope } from './scope.ts';
import { streamMapping } from './stream-mapping.ts';

/** What a mapping may point at. */
export interface MappingTargets {
  readonly functions: readonly FunctionModel[];
  readonly tables: readonly TableModel[];
}

/** Reads an `AWS::Lambda::EventSourceMapping`; one whose function does not run here is nothing, without a finding. */
export function mappingOf(scope: Scope, resource: Resource, targets: MappingTargets): Reading<MappingModel> {
  const functionName = scope.resolve(resource.stackId, resource.properties.FunctionName);
  if (!functionName.resolved) {
    return { model: undefined, findings: [unresolvedFinding(resource, 'FunctionName', functionName)] };
  }
  const name = functionNameIn(textOf(functionName.value) ?? '');
  if (!targets.functions.some((candidate) => candidate.name === name))
    return { model: undefined, findings: [] };

  switch (sourceOf(scope, resource)) {
    case 'kafka':
      return kafkaMapping(scope, resource, name);
    case 'dynamodb-stream':
      return streamMapping(scope, resource, name, targets.tables);
    case 'self-managed-kafka': {
      const message =
        'self-managed Kafka is not emulated, and no broker that a template names is ever connected to; accepted, the mapping is left out';
      return { model: undefined, findings: [findingOn(resource, 'SelfManagedEventSource', message)] };
    }
    case 'other':
      return { model: undefined, findings: [otherSource(scope, resource)] };
  }
}

type Source = MappingModel['kind'] | 'self-managed-kafka' | 'other';

function sourceOf(scope: Scope, { stackId, properties }: Resource): Source {
  if (properties.SelfManagedEventSource !== undefined) return 'self-managed-kafka';
  if (properties.Topics !== undefined) return 'kafka';
  const source = scope.resolve(stackId, properties.EventSourceArn);
  const service = source.resolved ? textOf(source.value)?.split(':')[2] : undefined;
  if (service === 'kafka') return 'kafka';
  return service === 'dynamodb' ? 'dynamodb-stream' : 'other';
}

function otherSource(scope: Scope, resource: Resource): Finding {
  const source = scope.resolve(resource.stackId, resource.properties.EventSourceArn);
  return source.resolved
    ? findingOn(
        resource,
        'EventSourceArn',
        `no source of this kind is emulated: ${textOf(source.value) ?? 'none'}; accepted, the mapping is left out`,
      )
    : unresolvedFinding(resource, 'EventSourceArn', source);
}
