import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { AS_DOCUMENTED } from '../../../../../local/event-sources/kafka/emulation.ts';
import { startKafkaEventSource } from '../../../../../local/event-sources/kafka/source.ts';
import { askBroker } from '../../../../../local/kafka/admin.ts';
import type { KafkaMappingModel } from '../../../../../local/resources/kafka-mapping.ts';
import { provision } from '../../../../../local/resources/registry.ts';
import { provisioningEngine } from '../../../../support/engines.ts';
import { aMapping } from '../../../../support/mappings.ts';
import { testKafka } from '../../../../support/topics.ts';
import { type OwnBroker, ownBroker } from '../../../recovery/own-broker.ts';
import { eventually, fakeFunction } from '../fake-function.ts';
import { type KafkaEvent, recordsOf, running, text } from './running.ts';

test('LATEST is fixed by the first start: what is written before the second is delivered', async () => {
  const { fn, start, send, committed } = await running(1, { startingPosition: { at: 'LATEST' } });
  await send(0, 'old');
  const source = await start();
  expect(await committed()).toEqual([1]);
  await source.stop();
  await send(0, 'between');
  await start();
  await eventually(() => expect(recordsOf(fn.events).map(text)).toEqual(['between']));
});

/** Topics and their mappings, which don't mind that the broker goes and comes back. */
async function manyMappings({ bootstrapServers }: OwnBroker, count: number) {
  const mappings = Array.from(
    { length: count },
    (_, n): KafkaMappingModel => ({
      ...aMapping('consumer'),
      kind: 'kafka',
      clusterArn: 'arn:aws:kafka:us-east-1:000000000000:cluster/demo/x',
      topic: `topic-${n}`,
      groupId: `group-${n}`,
      startingPosition: n % 2 === 0 ? { at: 'LATEST' } : { at: 'AT_TIMESTAMP', timestampMs: Date.now() },
      pollers: (n % 2) + 1,
      onFailureTopic: undefined,
    }),
  );
  const topics = mappings.map(({ topic }) => ({
    logicalId: topic,
    path: topic,
    name: topic,
    partitions: 2,
    config: {},
  }));
  await provision(provisioningEngine({ bootstrapServers }), { topics });
  return mappings;
}

test('many mappings start at once on a broker that has just come back, and each is in its group then', async () => {
  const broker = await ownBroker();
  const { bootstrapServers } = broker;
  const fn = fakeFunction<KafkaEvent>();
  const started = async (mapping: KafkaMappingModel) => {
    const source = await startKafkaEventSource(mapping, {
      bootstrapServers,
      invoke: fn.invoke,
      clock: Date.now,
      random: () => 0,
      log: () => {},
      emulation: AS_DOCUMENTED,
      newId: randomUUID,
    });
    onTestFinished(() => source.stop());
    return source;
  };
  const [first, ...mappings] = await manyMappings(broker, 10);
  if (first === undefined) throw new Error('no mapping');
  await (await started(first)).stop();
  // The coordinator has to load what there has been of groups, while it is asked for others.
  await broker.kill();
  await broker.restart();

  await Promise.all(mappings.map(started));
  const kafka = testKafka(bootstrapServers);
  const { groups } = await askBroker(kafka, (admin) =>
    admin.describeGroups(mappings.map(({ groupId }) => groupId)),
  );
  for (const { groupId, pollers } of mappings) {
    const members = groups.find((group) => group.groupId === groupId)?.members ?? [];
    expect(members.filter(({ memberAssignment }) => memberAssignment.length > 0)).toHaveLength(pollers);
  }
  const producer = kafka.producer();
  await producer.connect();
  for (const { topic } of mappings)
    await producer.send({ topic, messages: [{ value: topic, partition: 1 }] });
  await producer.disconnect();
  const topics = mappings.map(({ topic }) => topic);
  await eventually(() => expect(recordsOf(fn.events).map(text).toSorted()).toEqual(topics.toSorted()));
});
