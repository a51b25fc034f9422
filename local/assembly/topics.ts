import { z } from 'zod';
import type { Resource } from './assembly.ts';
import { findingOn } from './findings.ts';
import type { KafkaMappingModel, TopicModel } from './model.ts';
import type { Reading } from './reading.ts';
import type { Scope } from './scope.ts';
import { numberInTemplate, shaped, textInTemplate } from './shape.ts';
import { judge } from './support.ts';
import { topicSupport } from './support-table.ts';

/**
 * Partitions of a topic that a mapping needs and no template declares (it belongs to an imported cluster).
 *
 * The broker's own default is 1, and with it nothing could be seen of what makes Kafka code go wrong: several pollers,
 * batches over several partitions, order by key only. 3 is the smallest number that shows all of it.
 */
const PARTITIONS_OF_AN_UNDECLARED_TOPIC = 3;

/**
 * Topic configuration that a single broker cannot keep, left out of what is created: with one replica, two in-sync ones
 * are never there; and the local broker has no second storage tier.
 */
const needsMoreThanOneBroker: ReadonlySet<string> = new Set([
  'follower.replication.throttled.replicas',
  'leader.replication.throttled.replicas',
  'local.retention.bytes',
  'local.retention.ms',
  'min.insync.replicas',
  'remote.storage.enable',
]);

const topicShape = z.object({
  TopicName: textInTemplate,
  PartitionCount: numberInTemplate.pipe(z.int().min(1)),
  Configs: z.string().optional(),
});

/** Reads an `AWS::MSK::Topic`; `model` is `undefined` if it cannot be created. */
export function topicOf(scope: Scope, resource: Resource): Reading<TopicModel> {
  const { value, findings } = shaped(resource, judge(scope, resource, topicSupport), topicShape);
  if (value === undefined) return { model: undefined, findings };
  const config = configOf(value.Configs ?? '');
  return {
    model: {
      logicalId: resource.logicalId,
      path: resource.path,
      name: value.TopicName,
      partitions: value.PartitionCount,
      config: config ?? {},
    },
    findings:
      config === undefined
        ? [
            ...findings,
            findingOn(resource, 'Configs', 'it is base64 neither of JSON nor of lines `name=value`'),
          ]
        : findings,
  };
}

/** `Configs` is base64 of JSON, or of lines `name=value` (`#` begins a comment): AWS shows the latter, and takes the former. */
function configOf(base64: string): Readonly<Record<string, string>> | undefined {
  const text = Buffer.from(base64, 'base64').toString('utf8').trim();
  const entries = text.startsWith('{') ? jsonEntries(text) : lineEntries(text);
  if (entries === undefined || entries.some(([name]) => !/^[a-z][a-z0-9._-]*$/i.test(name))) return undefined;
  return Object.fromEntries(entries.filter(([name]) => !needsMoreThanOneBroker.has(name)));
}

const jsonConfig = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String));

function jsonEntries(text: string): readonly (readonly [string, string])[] | undefined {
  try {
    const config = jsonConfig.safeParse(JSON.parse(text));
    return config.success ? Object.entries(config.data) : undefined;
  } catch {
    return undefined;
  }
}

function lineEntries(text: string): readonly (readonly [string, string])[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('!'))
    .map((line) => {
      const at = line.search(/[=:]/);
      return [line.slice(0, Math.max(at, 0)).trim(), line.slice(at + 1).trim()];
    });
}

/** The topics a mapping needs: the one it reads, and its on-failure destination. */
export function topicsOf({ topic, onFailureTopic }: KafkaMappingModel): string[] {
  return onFailureTopic === undefined ? [topic] : [topic, onFailureTopic];
}

/** The topics that mappings need and no template declares, one each, named after the first mapping that needs it. */
export function undeclaredTopics(
  mappings: readonly KafkaMappingModel[],
  declared: readonly TopicModel[],
): TopicModel[] {
  const known = new Set(declared.map(({ name }) => name));
  const topics: TopicModel[] = [];
  for (const mapping of mappings) {
    for (const name of topicsOf(mapping)) {
      if (known.has(name)) continue;
      known.add(name);
      topics.push({
        logicalId: mapping.logicalId,
        path: mapping.path,
        name,
        partitions: PARTITIONS_OF_AN_UNDECLARED_TOPIC,
        config: {},
        undeclared: true,
      });
    }
  }
  return topics;
}
