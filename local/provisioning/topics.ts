import { setTimeout as delay } from 'node:timers/promises';
import kafkajs, { type Admin } from 'kafkajs';
import type { TopicModel } from '../assembly/model.ts';
import { ORDERLY } from '../command-line.ts';
import { LocalCloudError } from '../errors.ts';
import { kafkaClient } from '../kafka/client.ts';
import { planTopics } from './topic-plan.ts';

// Node finds only some of this CommonJS package's names by itself.
const { ConfigResourceTypes, KafkaJSAggregateError, KafkaJSError } = kafkajs;

const LED_WITHIN_MS = 30_000;
const ASK_EVERY_MS = 100;

/**
 * Makes the topics exist as modelled: missing ones are created, partitions added, and configurations set to exactly
 * what the model says. Records stay. A topic with more partitions than modelled is refused with PROVISIONING_FAILED,
 * before anything is changed, because Kafka can't take partitions away. When it resolves, every partition has a leader that
 * answers.
 */
export async function provisionTopics(
  bootstrapServers: string,
  topics: readonly TopicModel[],
): Promise<void> {
  if (topics.length === 0) return;
  const admin = kafkaClient({ bootstrapServers, clientId: 'orderly-provisioning' }).admin();
  try {
    await admin.connect();
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
    if (plan.existing.length > 0) await configure(admin, plan.existing);
    for (const { name } of topics) await untilLed(admin, name);
  } catch (error) {
    throw error instanceof LocalCloudError ? error : provisioningFailed(error);
  } finally {
    await admin.disconnect();
  }
}

/**
 * A broker that has just started names itself as the leader of partitions before it leads them, and kafkajs asks but once.
 */
async function untilLed(admin: Admin, topic: string): Promise<void> {
  for (let asked = 1; ; asked++) {
    try {
      await admin.fetchTopicOffsets(topic);
      return;
    } catch (error) {
      if (!(error instanceof KafkaJSError && error.retriable) || asked === LED_WITHIN_MS / ASK_EVERY_MS)
        throw error;
    }
    await delay(ASK_EVERY_MS);
  }
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

async function configure(admin: Admin, topics: readonly TopicModel[]): Promise<void> {
  await admin.alterConfigs({
    validateOnly: false,
    resources: topics.map(({ name, config }) => ({
      type: ConfigResourceTypes.TOPIC,
      name,
      configEntries: entriesOf(config),
    })),
  });
}

const entriesOf = (config: TopicModel['config']) =>
  Object.entries(config).map(([name, value]) => ({ name, value }));

function tooManyPartitions(
  topics: readonly { name: string; partitions: number; found: number }[],
): LocalCloudError {
  const each = topics.map(
    ({ name, partitions, found }) => `topic ${name} has ${found} partitions, modelled are ${partitions}`,
  );
  return new LocalCloudError('PROVISIONING_FAILED', `Kafka can't take partitions away: ${each.join('; ')}.`, {
    remedy: [`Forget the local data and start again: ${ORDERLY} reset`],
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
