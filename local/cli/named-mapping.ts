import { LocalCloudError } from '../errors.ts';
import type { App } from './app.ts';
import type { MappingConfiguration } from './mapping-api.ts';
import { theOne } from './the-one.ts';

/**
 * The event source mapping that a word on the command line means: a consumer group, a function or a UUID, or a part of
 * one. Throws `MAPPING_NOT_FOUND`, or `MAPPING_AMBIGUOUS` where it may be several, with the names to choose from.
 */
export function namedMapping(
  app: Pick<App, 'functionLabel'>,
  mappings: readonly MappingConfiguration[],
  name: string,
): MappingConfiguration {
  const namesOf = ({
    UUID,
    FunctionArn,
    AmazonManagedKafkaEventSourceConfig: kafka,
  }: MappingConfiguration) => [
    ...(kafka?.ConsumerGroupId === undefined ? [] : [kafka.ConsumerGroupId]),
    app.functionLabel(FunctionArn),
    UUID,
  ];
  const choice = theOne(mappings, name, namesOf);
  if (choice.kind === 'one') return choice.item;
  const names = (candidates: readonly MappingConfiguration[]) =>
    candidates.map((mapping) => namesOf(mapping).join('  '));
  if (choice.kind === 'several') {
    throw new LocalCloudError('MAPPING_AMBIGUOUS', `${name} may be several event source mappings`, {
      remedy: ['Name one of these, by its group, function or UUID:', ...names(choice.items)],
    });
  }
  throw new LocalCloudError('MAPPING_NOT_FOUND', `there is no event source mapping ${name}`, {
    remedy:
      mappings.length === 0
        ? ['The app has none.']
        : ['Name one of these, by its group, function or UUID:', ...names(mappings)],
  });
}
