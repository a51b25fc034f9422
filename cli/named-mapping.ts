import { LocalCloudError } from '../local/errors.ts';
import type { App } from './app/app.ts';
import { type MappingConfiguration, sourceOf } from './mapping-api.ts';
import { theOne } from './the-one.ts';

/**
 * The event source mapping that a word on the command line means: a consumer group, a function or a UUID, or a part of
 * one. Throws `MAPPING_NOT_FOUND` with those it may be, if it isn't one.
 */
export function namedMapping(
  app: App,
  mappings: readonly MappingConfiguration[],
  name: string,
): MappingConfiguration {
  const choice = theOne(mappings, name, (mapping) => [
    mapping.UUID,
    mapping.AmazonManagedKafkaEventSourceConfig?.ConsumerGroupId ?? '',
    app.functionLabel(mapping.FunctionArn),
  ]);
  if (choice.kind === 'one') return choice.item;
  const candidates = choice.kind === 'several' ? choice.items : mappings;
  const lines = candidates.map((mapping) => `${mapping.UUID}  ${sourceOf(mapping)}`);
  throw new LocalCloudError(
    'MAPPING_NOT_FOUND',
    choice.kind === 'several'
      ? `${name} may be several event source mappings`
      : `there is no event source mapping ${name}`,
    { remedy: lines.length === 0 ? ['The app has none.'] : ['Name one of these:', ...lines] },
  );
}
