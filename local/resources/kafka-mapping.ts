import { z } from 'zod';
import type { Resource } from '../assembly/assembly.ts';
import { type Finding, findingOn } from '../assembly/findings.ts';
import { isRecord } from '../assembly/resolution.ts';
import type { Scope } from '../assembly/scope.ts';
import {
  batchingWindow,
  type MappingBase,
  mappingBase,
  mappingProperties,
  type StartingPosition,
} from './mapping-base.ts';
import {
  harmless,
  honoured,
  numberInTemplate,
  only,
  optionalParts,
  parts,
  readProperties,
  refused,
  textInTemplate,
  type ValuesOf,
} from './properties.ts';
import type { Reading } from './resource-type.ts';

/** An event source mapping on a Kafka topic. */
export interface KafkaMappingModel extends MappingBase {
  readonly kind: 'kafka';
  readonly clusterArn: string;
  readonly topic: string;
  readonly groupId: string;
  /** Used only where the group has no committed offset. */
  readonly startingPosition: StartingPosition;
  /** `MaximumPollers`: group members, capped by the partition count. 1 in on-demand mode. */
  readonly pollers: number;
  /** The on-failure destination: a topic of the same cluster, written by Lambda itself. */
  readonly onFailureTopic: string | undefined;
}

const properties = {
  ...mappingProperties,
  AmazonManagedKafkaEventSourceConfig: parts({
    ConsumerGroupId: honoured(textInTemplate.optional()),
    ...refused('records are not decoded with a schema registry here', 'SchemaRegistryConfig'),
  }),
  DestinationConfig: parts({
    OnFailure: parts({
      Destination: honoured(z.string().default('')),
    }),
    ...refused('it belongs to asynchronous invocations, not to mappings', 'OnSuccess'),
  }),
  EventSourceArn: honoured(z.string().optional()),
  FilterCriteria: only(
    [{ Filters: [] }],
    'Kafka records are not filtered here: all of them reach the function',
  ),
  MaximumBatchingWindowInSeconds: batchingWindow(0.5),
  ParallelizationFactor: only([1], 'it belongs to streams, not to Kafka'),
  // Without provisioned mode Lambda scales as it likes, which is one poller here.
  ProvisionedPollerConfig: optionalParts({
    MaximumPollers: honoured(numberInTemplate.pipe(z.int().min(1)).default(200)),
    ...harmless('pollers are not scaled: MaximumPollers run from the start', 'MinimumPollers'),
    ...harmless('poller groups share a network, which is not emulated', 'PollerGroupName'),
  }),
  StartingPosition: honoured(z.enum(['TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP'])),
  StartingPositionTimestamp: honoured(numberInTemplate.optional()),
  Topics: honoured(z.array(textInTemplate).length(1, 'a mapping reads exactly one topic')),
  ...refused('the local broker asks for no credentials: these are not used', 'SourceAccessConfigurations'),
};
type Values = ValuesOf<typeof properties>;

/** Reads a mapping on a Kafka topic for the function of that name. */
export function kafkaMapping(
  scope: Scope,
  resource: Resource,
  functionName: string,
): Reading<KafkaMappingModel> {
  const { value, findings } = readProperties(scope, withoutEmptyPollers(resource), properties);
  const [topic] = value?.Topics ?? [];
  if (value === undefined || topic === undefined) return { model: undefined, findings };
  const startingPosition = kafkaStart(value.StartingPosition, value.StartingPositionTimestamp);
  if (startingPosition === undefined) {
    const message = 'AT_TIMESTAMP needs it, in epoch seconds';
    return {
      model: undefined,
      findings: [...findings, findingOn(resource, 'StartingPositionTimestamp', message)],
    };
  }
  const base = mappingBase(scope, resource, functionName, value);
  const cluster = clusterOf(scope, resource, value.EventSourceArn);
  const destination = onFailureTopic(resource, value.DestinationConfig.OnFailure.Destination, topic);
  return {
    model: {
      ...base,
      kind: 'kafka',
      clusterArn: cluster.arn,
      topic,
      groupId: value.AmazonManagedKafkaEventSourceConfig.ConsumerGroupId ?? base.uuid,
      startingPosition,
      pollers: value.ProvisionedPollerConfig?.MaximumPollers ?? 1,
      onFailureTopic: destination.topic,
    },
    findings: [
      ...findings,
      ...cluster.findings,
      ...destination.findings,
      ...(value.ProvisionedPollerConfig === undefined ? provisionedOnly(resource, value) : []),
    ],
  };
}

/** Sending it empty switches provisioned mode off, by the Lambda developer guide. */
function withoutEmptyPollers(resource: Resource): Resource {
  const { ProvisionedPollerConfig, ...others } = resource.properties;
  return isRecord(ProvisionedPollerConfig) && Object.keys(ProvisionedPollerConfig).length === 0
    ? { ...resource, properties: others }
    : resource;
}

function kafkaStart(at: Values['StartingPosition'], seconds: number | undefined) {
  if (at !== 'AT_TIMESTAMP') return { at } as const;
  return seconds === undefined ? undefined : ({ at, timestampMs: Math.round(seconds * 1000) } as const);
}

/**
 * The topic that `kafka://<topic>` names; an empty destination is none. Lambda's own rule: it must not be the topic that
 * is read (https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure-destination.html).
 */
function onFailureTopic(
  resource: Resource,
  destination: string,
  source: string,
): { readonly topic: string | undefined; readonly findings: readonly Finding[] } {
  if (destination === '') return { topic: undefined, findings: [] };
  const topic = /^kafka:\/\/([a-zA-Z0-9_-][a-zA-Z0-9._-]{0,248})$/.exec(destination)?.[1];
  if (topic !== undefined && topic !== source) return { topic, findings: [] };
  const message =
    topic === undefined
      ? `no destination of this kind is emulated, only kafka://<topic>: ${destination}; accepted, records given up are dropped`
      : 'the topic that is read cannot be its own destination; accepted, records given up are dropped';
  return {
    topic: undefined,
    findings: [findingOn(resource, 'DestinationConfig.OnFailure.Destination', message)],
  };
}

/**
 * What AWS documents for provisioned mode alone. What its API answers to the rest is not documented, so that this stops
 * a start is a judgement of the local cloud's own.
 */
function provisionedOnly(resource: Resource, value: Values): Finding[] {
  const used: Readonly<Record<string, boolean>> = {
    BisectBatchOnFunctionError: value.BisectBatchOnFunctionError,
    'DestinationConfig.OnFailure.Destination':
      value.DestinationConfig.OnFailure.Destination.startsWith('kafka://'),
    FunctionResponseTypes: value.FunctionResponseTypes.length > 0,
    MaximumRecordAgeInSeconds: value.MaximumRecordAgeInSeconds !== -1,
    MaximumRetryAttempts: value.MaximumRetryAttempts !== -1,
  };
  const message =
    'AWS documents it for provisioned mode, and there is no ProvisionedPollerConfig (a judgement of the local cloud, not of the Lambda API); accepted, it is honoured';
  return Object.keys(used)
    .filter((property) => used[property])
    .map((property) => findingOn(resource, property, message));
}

/** An accepted finding about the cluster leaves a mapping that can run all the same: there is one broker here. */
function clusterOf(
  scope: Scope,
  resource: Resource,
  source: string | undefined,
): { readonly arn: string; readonly findings: readonly Finding[] } {
  if (source !== undefined && /^arn:[^:]+:kafka:[^:]*:[^:]*:cluster\//.test(source))
    return { arn: source, findings: [] };
  const { uuid, facts } = scope.identity(resource);
  const arn = `arn:aws:kafka:${facts.region}:${facts.account}:cluster/local/${uuid}-1`;
  // Nothing there: it could not be resolved, which is a finding already.
  const findings =
    source === undefined && resource.properties.EventSourceArn !== undefined
      ? []
      : [
          findingOn(
            resource,
            'EventSourceArn',
            `it is not the ARN of an MSK cluster: ${source ?? 'none'}; accepted, the local broker is meant`,
          ),
        ];
  return { arn, findings };
}
