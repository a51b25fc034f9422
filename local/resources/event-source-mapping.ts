import type { Resource } from '../assembly/assembly.ts';
import { type Finding, findingOn, unresolvedFinding } from '../assembly/findings.ts';
import { textOf } from '../assembly/resolution.ts';
import type { EngineFacts, Scope } from '../assembly/scope.ts';
import { type FunctionModel, functionNameIn, functions } from './function.ts';
import { type KafkaMappingModel, kafkaMapping } from './kafka-mapping.ts';
import {
  arn,
  modelsOf,
  nameClashes,
  type ProvisioningEngine,
  type Reading,
  type ResourceType,
  readEach,
  uuid,
} from './resource-type.ts';
import { type StreamMappingModel, streamMapping } from './stream-mapping.ts';
import { type TableModel, tables } from './table.ts';

export type MappingModel = KafkaMappingModel | StreamMappingModel;

/** Event source mappings of the functions that run, on topics and on streams of tables. */
export const mappings: ResourceType<MappingModel> = {
  word: 'event source mapping',
  types: {
    'AWS::Lambda::EventSourceMapping': {
      nameLimit: 64,
      ref: uuid,
      attributes: {
        Id: uuid,
        EventSourceMappingArn: arn('lambda', ({ uuid }) => `event-source-mapping:${uuid}`),
      },
    },
  },
  read(app) {
    const targets = { functions: modelsOf(app.read(functions)), tables: modelsOf(app.read(tables)) };
    // One that came to nothing without a finding belongs to a function that does not run here.
    return readEach(app.ofType('AWS::Lambda::EventSourceMapping'), (resource) =>
      mappingOf(app.scope, resource, targets),
    ).filter(({ model, findings }) => model !== undefined || findings.length > 0);
  },
  /** Lambda refuses a second mapping with a group id; here the two would share the topic's partitions. */
  furtherFindings: (app) =>
    nameClashes(app.read(mappings), 'AmazonManagedKafkaEventSourceConfig.ConsumerGroupId', (mapping) =>
      mapping.kind === 'kafka' ? mapping.groupId : undefined,
    ),
  provision: provisionGroups,
};

/**
 * Has the broker bring up the coordinators of the groups while topics and tables are made: a new broker makes its topic of
 * offsets only when it is first asked (https://kafka.apache.org/43/configuration/broker-configs/: `offsets.topic.*`), and members
 * that join before that are sent away a few times.
 */
async function provisionGroups(
  { bootstrapServers }: ProvisioningEngine,
  models: readonly MappingModel[],
): Promise<Partial<EngineFacts>> {
  const groups = models.flatMap((mapping) => (mapping.kind === 'kafka' ? [mapping.groupId] : []));
  if (groups.length === 0) return {};
  const [{ askBroker }, { kafkaClient }] = await Promise.all([
    import('../kafka/admin.ts'),
    import('../kafka/client.ts'),
  ]);
  const kafka = kafkaClient({ bootstrapServers, clientId: 'millrace-groups' });
  // A head start and no condition: members go on trying, and tell what is wrong.
  await askBroker(kafka, (admin) => admin.describeGroups(groups), COORDINATORS_WITHIN_MS).catch(
    () => undefined,
  );
  return {};
}

const COORDINATORS_WITHIN_MS = 5_000;

/** What a mapping may point at. */
interface MappingTargets {
  readonly functions: readonly FunctionModel[];
  readonly tables: readonly TableModel[];
}

/** Reads an `AWS::Lambda::EventSourceMapping`; one whose function does not run here is nothing, without a finding. */
function mappingOf(scope: Scope, resource: Resource, targets: MappingTargets): Reading<MappingModel> {
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
