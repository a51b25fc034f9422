import kafkajs, { type Admin } from 'kafkajs';
import type { TopicModel } from '../assembly/model.ts';
import { toRun } from '../command-line.ts';
import type { Engine } from '../engines/engine.ts';
import { LocalCloudError } from '../errors.ts';
import { askBroker } from '../kafka/admin.ts';
import { kafkaClient } from '../kafka/client.ts';
import { planTopics } from './topic-plan.ts';

// Node finds only some of this CommonJS package's names by itself.
const { ConfigResourceTypes, KafkaJSAggregateError } = kafkajs;

/** A broker that has just started names itself as the leader of partitions for a while before it leads them. */
const WITHIN_MS = 30_000;
/** Kafka's `ConfigSource` of what was set on the topic itself (DescribeConfigs). */
const SET_ON_TOPIC = 1;

/**
 * Makes the topics exist as modelled. Missing ones are created, partitions added, and of those that a template declares
 * the configuration is set: on our own engine to exactly what the model says; on an external broker only what the model
 * names, and everything else that is set there stays. A topic that exists and that no template declares is somebody
 * else's: nothing of it is changed. Records stay.
 *
 * A topic with more partitions than modelled is refused with PROVISIONING_FAILED, before anything is changed, because Kafka
 * can't take partitions away. When it resolves, every partition has a leader that answers.
 */
export async function provisionTopics(
  { bootstrapServers, kind }: Pick<Engine, 'bootstrapServers' | 'kind'>,
  topics: readonly TopicModel[],
): Promise<void> {
  if (topics.length === 0) return;
  const kafka = kafkaClient({ bootstrapServers, clientId: 'millrace-provisioning' });
  // Planned anew each time it is tried: what was done by then is found.
  const provision = async (admin: Admin) => {
    const plan = planTopics(topics, await partitionCounts(admin, topics));
    if (plan.shrinking.length > 0) throw tooManyPartitions(plan.shrinking);

    if (plan.missing.length > 0) await create(admin, plan.missing);
    if (plan.growing.length > 0) {
      const topicPartitions = plan.growing.map(({ name, partitions }) => ({
        topic: name,
        count: partitions,
      }));
      await admin.createPartitions({ topicPartitions });
    }
    if (plan.ours.length > 0) await configure(admin, plan.ours, kind === 'external');
    for (const { name } of topics) await admin.fetchTopicOffsets(name);
  };
  await askBroker(kafka, provision, WITHIN_MS).catch((error: unknown) => {
    throw error instanceof LocalCloudError ? error : provisioningFailed(error);
  });
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
    return isSame(now, wanted)
      ? []
      : [{ type: ConfigResourceTypes.TOPIC, name, configEntries: entriesOf(wanted) }];
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
    resources: topics.map(({ name }) => ({ type: ConfigResourceTypes.TOPIC, name })),
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
  const refused: readonly unknown[] = error instanceof KafkaJSAggregateError ? error.errors : [error];
  const each = refused.map((one) => {
    if (!(one instanceof Error)) return String(one);
    return 'topic' in one ? `${one.topic}: ${one.message}` : one.message;
  });
  return new LocalCloudError('PROVISIONING_FAILED', `The topics could not be made: ${each.join('; ')}`, {
    cause: error,
  });
}
