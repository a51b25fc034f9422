import { z } from 'zod';
import { isCustomResource, type Resource } from '../assembly/assembly.ts';
import { onlyEntry } from '../assembly/intrinsics.ts';
import { type Resolution, resolved, unresolved } from '../assembly/resolution.ts';
import type { EngineFacts } from '../assembly/scope.ts';
import {
  encryption,
  harmless,
  honoured,
  label,
  logging,
  metrics,
  network,
  readProperties,
} from './properties.ts';
import { arn, type Part, placeOf, type ResourceType, readEach } from './resource-type.ts';

/** An MSK cluster that something here names. */
export interface ClusterModel extends Part {
  readonly name: string;
}

/** `AWS::MSK::Cluster` and `AWS::MSK::ServerlessCluster`: one local broker stands for every cluster. */
const properties = {
  ClusterName: honoured(),
  ...harmless(
    'the local broker has its own version, size and configuration',
    'BrokerNodeGroupInfo',
    'ConfigurationInfo',
    'CurrentVersion',
    'KafkaVersion',
    'NumberOfBrokerNodes',
    'Rebalancing',
    'StorageMode',
  ),
  ...harmless('the local broker asks for no credentials', 'ClientAuthentication'),
  ...encryption('EncryptionInfo'),
  ...metrics('EnhancedMonitoring', 'OpenMonitoring'),
  ...logging('LoggingInfo'),
  ...label('Tags'),
  ...network('VpcConfigs', 'ZookeeperAccess'),
};

const clusterArn = arn('kafka', ({ name, uuid }) => `cluster/${name}/${uuid}-1`);
const serverlessArn = arn('kafka', ({ name, uuid }) => `cluster/${name}/${uuid}-s1`);

/** MSK clusters of both kinds: the local broker stands for each, so its name is all there is to read. */
export const clusters: ResourceType<ClusterModel> = {
  word: 'cluster',
  types: {
    'AWS::MSK::Cluster': {
      nameProperty: 'ClusterName',
      nameLimit: 64,
      ref: clusterArn,
      attributes: { Arn: clusterArn },
    },
    'AWS::MSK::ServerlessCluster': {
      nameProperty: 'ClusterName',
      nameLimit: 64,
      ref: serverlessArn,
      attributes: { Arn: serverlessArn },
    },
  },
  read({ scope, named }) {
    const read = [...named()].filter(({ type }) => type in clusters.types);
    return readEach(read, (resource) => ({
      model: { ...placeOf(resource), name: scope.identity(resource).name },
      findings: readProperties(scope, resource, properties).findings,
    }));
  },
};

const sdkCall = z.object({ service: z.string(), action: z.string() });
type SdkCall = z.infer<typeof sdkCall>;

/**
 * An attribute of a custom resource. Honoured is CDK's `AwsCustomResource` that asks for a cluster's addresses (service
 * Kafka, action `getBootstrapBrokers`): every attribute `BootstrapBrokerString…` is the local broker, whatever the
 * authentication it is named after.
 *
 * Source: the properties `Create` and `Update` that `AwsCustomResource` of aws-cdk-lib writes.
 */
export function customResourceAttribute(
  resource: Resource,
  attribute: string,
  facts: EngineFacts,
): Resolution {
  const expression = { 'Fn::GetAtt': [resource.logicalId, attribute] };
  const call = sdkCallOf(resource);
  if (call === undefined) {
    return unresolved(expression, `the custom resource ${resource.type} is not run here`);
  }
  if (!isBootstrapBrokers(call) || !attribute.startsWith('BootstrapBrokerString')) {
    return unresolved(expression, `the call ${call.service}.${call.action} is not made here`);
  }
  return resolved(facts.bootstrapServers);
}

/** Whether the resource only asks for the addresses of a cluster, which the local cloud answers. */
export function asksForBrokers(resource: Resource): boolean {
  const call = sdkCallOf(resource);
  return call !== undefined && isBootstrapBrokers(call);
}

function isBootstrapBrokers({ service, action }: SdkCall): boolean {
  // `Kafka` as in the SDK v2, `kafka` or the package's name as in v3; the action in either case, with or without `Command`.
  return /^(@aws-sdk\/client-)?kafka$/i.test(service) && /^getBootstrapBrokers(Command)?$/i.test(action);
}

function sdkCallOf(resource: Resource): SdkCall | undefined {
  if (!isCustomResource(resource)) return undefined;
  const text = literalText(resource.properties.Create ?? resource.properties.Update);
  try {
    return sdkCall.safeParse(JSON.parse(text)).data;
  } catch {
    // Another kind of custom resource with a property of that name: not an SDK call.
    return undefined;
  }
}

/** The text with every intrinsic in it left blank: service and action are always written out. */
function literalText(value: unknown): string {
  if (typeof value === 'string') return value;
  const [key, argument] = onlyEntry(value) ?? [];
  if (key !== 'Fn::Join' || !Array.isArray(argument) || !Array.isArray(argument[1])) return '';
  return argument[1].map((part) => (typeof part === 'string' ? part : '')).join('');
}
