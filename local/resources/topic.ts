import type { Admin } from 'kafkajs';
import { z } from 'zod';
import type { Resource } from '../assembly/assembly.ts';
import { findingOn } from '../assembly/findings.ts';
import { resolved, textOf, whenResolved } from '../assembly/resolution.ts';
import type { EngineFacts, Scope } from '../assembly/scope.ts';
import { toRun } from '../command-line.ts';
import { LocalCloudError } from '../errors.ts';
import { mappings } from './event-source-mapping.ts';
import type { KafkaMappingModel } from './kafka-mapping.ts';
import { harmless, honoured, numberInTemplate, readProperties, textInTemplate } from './properties.ts';
import {
  type Answer,
  type App,
  modelsOf,
  type Part,
  type ProvisioningEngine,
  placeOf,
  type Reading,
  type ResourceType,
  readEach,
} from './resource-type.ts';

/** A Kafka topic. `config` holds topic configuration names and values as Kafka spells them. */
export interface TopicModel extends Part {
  readonly name: string;
  readonly partitions: number;
  readonly config: Readonly<Record<string, string>>;
  /** No template declares the topic: it is created because a mapping needs it, whose ids it carries. */
  readonly undeclared?: true;
}

const properties = {
  Configs: honoured(z.string().optional()),
  PartitionCount: honoured(numberInTemplate.pipe(z.int().min(1))),
  TopicName: honoured(textInTemplate),
  ...harmless('there is one broker here, whatever clusters there are', 'ClusterArn'),
  ...harmless('there is one broker here, so there is one replica', 'ReplicationFactor'),
};

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

/** `arn:…:cluster/<name>/<uuid>` becomes `arn:…:topic/<name>/<uuid>/<topic>`, as the MSK guide spells topic ARNs. */
const topicArn: Answer = (identity) =>
  whenResolved(identity.property('ClusterArn'), (cluster) =>
    resolved(`${textOf(cluster) ?? ''}/${identity.name}`.replace(':cluster/', ':topic/')),
  );

/** Kafka topics: those of the templates, and those that a mapping needs and no template declares. */
export const topics: ResourceType<TopicModel> = {
  word: 'topic',
  types: {
    'AWS::MSK::Topic': {
      nameProperty: 'TopicName',
      nameLimit: 249,
      ref: topicArn,
      attributes: { TopicArn: topicArn },
    },
  },
  uniqueName: 'TopicName',
  namesInUse: (app) => new Set(kafkaMappings(app).flatMap(topicsOf)),
  read: ({ scope, ofType }) => readEach(ofType('AWS::MSK::Topic'), (resource) => topicOf(scope, resource)),
  undeclared: (declared, app) => undeclaredTopics(kafkaMappings(app), declared),
  provision: provisionTopics,
};

const kafkaMappings = (app: App): KafkaMappingModel[] =>
  modelsOf(app.read(mappings)).filter((mapping) => mapping.kind === 'kafka');

/** Reads an `AWS::MSK::Topic`; `model` is `undefined` if it cannot be created. */
function topicOf(scope: Scope, resource: Resource): Reading<TopicModel> {
  const { value, findings } = readProperties(scope, resource, properties);
  if (value === undefined) return { model: undefined, findings };
  const config = configOf(value.Configs ?? '');
  return {
    model: {
      ...placeOf(resource),
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
function topicsOf({ topic, onFailureTopic }: KafkaMappingModel): string[] {
  return onFailureTopic === undefined ? [topic] : [topic, onFailureTopic];
}

/** The topics that mappings need and no template declares, one each, named after the first mapping that needs it. */
function undeclaredTopics(
  mappings: readonly KafkaMappingModel[],
  declared: readonly TopicModel[],
): TopicModel[] {
  const known = new Set(declared.map(({ name }) => name));
  const topics: TopicModel[] = [];
  for (const mapping of mappings) {
    const { logicalId, path } = mapping;
    for (const name of topicsOf(mapping)) {
      if (known.has(name)) continue;
      known.add(name);
      topics.push({
        logicalId,
        path,
        name,
        partitions: PARTITIONS_OF_AN_UNDECLARED_TOPIC,
        config: {},
        undeclared: true,
      });
    }
  }
  return topics;
}

/** A broker that has just started names itself as the leader of partitions for a while before it leads them. */
const WITHIN_MS = 30_000;
/** Kafka's `ConfigSource` of what was set on the topic itself (DescribeConfigs). */
const SET_ON_TOPIC = 1;
/** kafkajs' `ConfigResourceTypes.TOPIC`. */
const TOPIC = 2;

/**
 * Makes the topics exist as modelled. Missing ones are created, partitions added, and of those that a template declares
 * the configuration is set: on our own engine to exactly what the model says; on an external broker only what the model
 * names, and everything else that is set there stays. A topic that exists and that no template declares is somebody
 * else's: nothing of it is changed. Records stay.
 *
 * A topic with more partitions than modelled is refused with PROVISIONING_FAILED, before anything is changed, because Kafka
 * can't take partitions away. When it resolves, every partition has a leader that answers.
 */
async function provisionTopics(
  { bootstrapServers, kind }: ProvisioningEngine,
  topics: readonly TopicModel[],
): Promise<Partial<EngineFacts>> {
  const [{ askBroker }, { kafkaClient }] = await Promise.all([
    import('../kafka/admin.ts'),
    import('../kafka/client.ts'),
  ]);
  const kafka = kafkaClient({ bootstrapServers, clientId: 'millrace-provisioning' });
  // Looked up anew each time it is tried: what was done by then is found.
  const provision = async (admin: Admin) => {
    const found = await partitionCounts(admin, topics);
    const countOf = ({ name, partitions }: TopicModel) => found.get(name) ?? partitions;
    const missing = topics.filter(({ name }) => !found.has(name));
    const ours = topics.filter(({ name, undeclared }) => found.has(name) && !undeclared);
    const growing = ours.filter((topic) => countOf(topic) < topic.partitions);
    const shrinking = ours.filter((topic) => countOf(topic) > topic.partitions);
    if (shrinking.length > 0) {
      throw tooManyPartitions(shrinking.map((topic) => ({ ...topic, found: countOf(topic) })));
    }
    if (missing.length > 0) await create(admin, missing);
    if (growing.length > 0) {
      const topicPartitions = growing.map(({ name, partitions }) => ({ topic: name, count: partitions }));
      await admin.createPartitions({ topicPartitions });
    }
    if (ours.length > 0) await configure(admin, ours, kind === 'external');
    for (const { name } of topics) await admin.fetchTopicOffsets(name);
  };
  await askBroker(kafka, provision, WITHIN_MS).catch((error: unknown) => {
    throw error instanceof LocalCloudError ? error : provisioningFailed(error);
  });
  return {};
}

async function partitionCounts(
  admin: Admin,
  topics: readonly TopicModel[],
): Promise<ReadonlyMap<string, number>> {
  const existing = new Set(await admin.listTopics());
  const wanted = topics.map(({ name }) => name).filter((name) => existing.has(name));
  // Asked for no topic in particular, kafkajs describes all of them.
  if (wanted.length === 0) return new Map();
  const { topics: described } = await admin.fetchTopicMetadata({ topics: wanted });
  return new Map(described.map(({ name, partitions }) => [name, partitions.length]));
}

async function create(admin: Admin, topics: readonly TopicModel[]): Promise<void> {
  await admin.createTopics({
    topics: topics.map(({ name, partitions, config }) => ({
      topic: name,
      numPartitions: partitions,
      configEntries: entriesOf(config),
    })),
  });
}

/**
 * kafkajs knows only the request that resets what it doesn't name, so what is to stay is read and named; and a topic that is
 * as it should be is left alone.
 */
async function configure(admin: Admin, topics: readonly TopicModel[], keepOthers: boolean): Promise<void> {
  const found = await configurations(admin, topics);
  const changed = topics.flatMap(({ name, config }) => {
    const now = found.get(name) ?? {};
    const wanted = keepOthers ? { ...now, ...config } : config;
    return isSame(now, wanted) ? [] : [{ type: TOPIC, name, configEntries: entriesOf(wanted) }];
  });
  if (changed.length > 0) await admin.alterConfigs({ validateOnly: false, resources: changed });
}

/** What is set on each topic itself, without what it has by default. */
async function configurations(
  admin: Admin,
  topics: readonly TopicModel[],
): Promise<ReadonlyMap<string, TopicModel['config']>> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map(({ name }) => ({ type: TOPIC, name })),
  });
  return new Map(
    resources.map(({ resourceName, configEntries }) => [
      resourceName,
      Object.fromEntries(
        configEntries
          .filter(({ configSource }) => Number(configSource) === SET_ON_TOPIC)
          .map(({ configName, configValue }) => [configName, configValue]),
      ),
    ]),
  );
}

const isSame = (one: TopicModel['config'], other: TopicModel['config']): boolean =>
  Object.keys(one).length === Object.keys(other).length &&
  Object.entries(one).every(([name, value]) => other[name] === value);

const entriesOf = (config: TopicModel['config']) =>
  Object.entries(config).map(([name, value]) => ({ name, value }));

function tooManyPartitions(
  topics: readonly { name: string; partitions: number; found: number }[],
): LocalCloudError {
  const each = topics.map(
    ({ name, partitions, found }) => `topic ${name} has ${found} partitions, modelled are ${partitions}`,
  );
  return new LocalCloudError('PROVISIONING_FAILED', `Kafka can't take partitions away: ${each.join('; ')}.`, {
    remedy: [`Forget the local data and start again: ${toRun('reset')}`],
  });
}

function provisioningFailed(error: unknown): LocalCloudError {
  const refused: readonly unknown[] =
    error instanceof Error && 'errors' in error && Array.isArray(error.errors) ? error.errors : [error];
  const each = refused.map((one) => {
    if (!(one instanceof Error)) return String(one);
    return 'topic' in one ? `${one.topic}: ${one.message}` : one.message;
  });
  return new LocalCloudError('PROVISIONING_FAILED', `The topics could not be made: ${each.join('; ')}`, {
    cause: error,
  });
}
