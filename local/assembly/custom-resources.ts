import { z } from 'zod';
import type { Resource } from './assembly.ts';
import { onlyEntry } from './intrinsics.ts';
import type { EngineFacts } from './model.ts';
import { type Resolution, resolved, unresolved } from './resolution.ts';

const sdkCall = z.object({ service: z.string(), action: z.string() });
type SdkCall = z.infer<typeof sdkCall>;

/** Whether CloudFormation would have a function of the app create this resource. */
export function isCustomResource(resource: Resource): boolean {
  return resource.type.startsWith('Custom::') || resource.type === 'AWS::CloudFormation::CustomResource';
}

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
