import type { CloudStatus } from '../local/cloud-status.ts';
import { LocalCloudError } from '../local/errors.ts';
import type { MappingConfiguration } from './mapping-api.ts';
import { theOne } from './the-one.ts';

/**
 * The event source mapping that a word on the command line means: a consumer group, a function or a UUID, or a part of
 * one. Throws `MAPPING_NOT_FOUND` with those it may be, if it isn't one.
 */
export function namedMapping(
  status: CloudStatus,
  mappings: readonly MappingConfiguration[],
  name: string,
): MappingConfiguration {
  const choice = theOne(mappings, name, (mapping) => [
    mapping.UUID,
    mapping.AmazonManagedKafkaEventSourceConfig?.ConsumerGroupId ?? '',
    functionPath(status, mapping),
  ]);
  if (choice.kind === 'one') return choice.item;
  const candidates = choice.kind === 'several' ? choice.items : mappings;
  const lines = candidates.map((mapping) => `${mapping.UUID}  ${labelOf(status, mapping)}`);
  throw new LocalCloudError(
    'MAPPING_NOT_FOUND',
    choice.kind === 'several'
      ? `${name} may be several event source mappings`
      : `there is no event source mapping ${name}`,
    { remedy: lines.length === 0 ? ['The app has none.'] : ['Name one of these:', ...lines] },
  );
}

/** `orders as email-service`; a mapping that hasn't been started yet has no source to name. */
export function labelOf({ mappings }: CloudStatus, { UUID }: MappingConfiguration): string {
  return mappings.find(({ uuid }) => uuid === UUID)?.source ?? UUID;
}

export function functionPath({ functions }: CloudStatus, { FunctionArn }: MappingConfiguration): string {
  const name = FunctionArn.split(':')[6];
  return functions.find(({ functionName }) => functionName === name)?.path ?? FunctionArn;
}
