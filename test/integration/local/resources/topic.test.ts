import { randomUUID } from 'node:crypto';
import kafkajs, { type Admin } from 'kafkajs';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { kafkaClient } from '../../../../local/kafka/client.ts';
import { provision } from '../../../../local/resources/registry.ts';
import type { TopicModel } from '../../../../local/resources/topic.ts';
import { provisioningEngine, testEngines } from '../../../support/engines.ts';

const { bootstrapServers } = testEngines();
const ours = provisioningEngine();
const external = provisioningEngine({ kind: 'external' });
let admin: Admin;
beforeAll(async () => {
  admin = kafkaClient({ bootstrapServers, clientId: 'test' }).admin();
  await admin.connect();
});
afterAll(() => admin.disconnect());

function topic(partitions: number, config: TopicModel['config'] = {}): TopicModel {
  const name = `orders-${randomUUID()}`;
  onTestFinished(async () => {
    if ((await admin.listTopics()).includes(name)) await admin.deleteTopics({ topics: [name] });
  });
  return { logicalId: 'Orders', path: 'Stack/Orders', name, partitions, config };
}

async function partitionsOf({ name }: TopicModel): Promise<number | undefined> {
  return (await admin.fetchTopicMetadata({ topics: [name] })).topics[0]?.partitions.length;
}

async function configOf({ name }: TopicModel, wanted: string[]) {
  const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name, configNames: wanted };
  const { resources } = await admin.describeConfigs({ resources: [resource], includeSynonyms: false });
  return Object.fromEntries(
    resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]) ?? [],
  );
}

it('makes topics with their partitions and configuration, and keeps their records when made again', async () => {
  const orders = topic(3, { 'retention.ms': '604800000', 'max.message.bytes': '73728' });
  const deadLetters = topic(1);
  await provision(ours, { topics: [orders, deadLetters] });
  const producer = kafkaClient({ bootstrapServers, clientId: 'test' }).producer();
  await producer.connect();
  await producer.send({ topic: orders.name, messages: [{ key: 'a', value: 'b', partition: 1 }] });
  await producer.disconnect();

  await provision(ours, { topics: [orders, deadLetters] });

  expect([await partitionsOf(orders), await partitionsOf(deadLetters)]).toEqual([3, 1]);
  expect(await configOf(orders, ['retention.ms', 'max.message.bytes'])).toEqual(orders.config);
  const offsets = await admin.fetchTopicOffsets(orders.name);
  expect(offsets.find(({ partition }) => partition === 1)?.high).toBe('1');
});

it('adds partitions and sets the configuration to what is modelled now', async () => {
  const orders = topic(1, { 'retention.ms': '1000', 'retention.bytes': '5' });
  await provision(ours, { topics: [orders] });
  await provision(ours, { topics: [{ ...orders, partitions: 4, config: { 'retention.ms': '2000' } }] });
  expect(await partitionsOf(orders)).toBe(4);
  expect(await configOf(orders, ['retention.ms', 'retention.bytes'])).toEqual({
    'retention.ms': '2000',
    'retention.bytes': '-1',
  });
});

/** A topic as its owner has made it. */
async function somebodysTopic(): Promise<TopicModel> {
  const found = topic(2);
  const configEntries = Object.entries(AS_MADE).map(([name, value]) => ({ name, value }));
  await admin.createTopics({ topics: [{ topic: found.name, numPartitions: 2, configEntries }] });
  return found;
}
const AS_MADE = { 'cleanup.policy': 'compact', 'retention.ms': '-1', 'segment.bytes': '2097152' };

it.each([ours, external])('leaves alone what no template declares, on an $kind engine', async (engine) => {
  const undeclared = { ...(await somebodysTopic()), partitions: 3, undeclared: true as const };
  await provision(engine, { topics: [undeclared] });
  expect(await configOf(undeclared, Object.keys(AS_MADE))).toEqual(AS_MADE);
  expect(await partitionsOf(undeclared)).toBe(2);
});

it('sets only what is declared of a topic that it finds on an external broker', async () => {
  const found = await somebodysTopic();
  await provision(external, { topics: [found] });
  expect(await configOf(found, Object.keys(AS_MADE))).toEqual(AS_MADE);
  await provision(external, {
    topics: [{ ...found, config: { 'retention.ms': '1000', 'compression.type': 'lz4' } }],
  });
  const changed = { ...AS_MADE, 'retention.ms': '1000', 'compression.type': 'lz4' };
  expect(await configOf(found, Object.keys(changed))).toEqual(changed);
});

it('refuses to take partitions away, and changes nothing then', async () => {
  const orders = topic(3, { 'retention.ms': '1000' });
  await provision(ours, { topics: [orders] });
  const fresh = topic(1);
  const changed = { ...orders, partitions: 2, config: { 'retention.ms': '2000' } };
  await expect(provision(ours, { topics: [fresh, changed] })).rejects.toMatchObject({
    code: 'PROVISIONING_FAILED',
    message: `Kafka can't take partitions away: topic ${orders.name} has 3 partitions, modelled are 2.`,
    remedy: [expect.stringContaining('millrace reset')],
  });
  expect(await configOf(orders, ['retention.ms'])).toEqual({ 'retention.ms': '1000' });
  expect(await admin.listTopics()).not.toContain(fresh.name);
});

it('names the topic whose configuration the broker refuses', async () => {
  const orders = topic(1, { 'no.such.setting': 'x' });
  await expect(provision(ours, { topics: [orders] })).rejects.toMatchObject({
    code: 'PROVISIONING_FAILED',
    message: expect.stringContaining(orders.name),
  });
});
