import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { copiesOf, engineRelay } from '../../support/engine-relay.ts';
import { cancelledRow, placedRow, streamEvent } from '../../support/outbox-rows.ts';
import { adminOf, murmur2Partition, testKafka } from '../../support/topics.ts';
import { type OwnBroker, ownBroker } from './own-broker.ts';
import { type SecondBroker, secondBroker } from './second-broker.ts';

const finished = { batchItemFailures: [] };
const inTime = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 60_000, interval: 100 });
const rows = Array.from({ length: 12 }, (_, index) => placedRow(`k${index}`));

let first: OwnBroker;
let second: SecondBroker;
const ends: (() => Promise<void>)[] = [];
beforeAll(async () => {
  first = await ownBroker((end) => ends.unshift(end));
  second = await secondBroker(first, (end) => ends.unshift(end));
});
afterAll(async () => {
  for (const end of ends) await end();
});

/** A topic on the two brokers whose partitions have these replicas, the leader first. */
async function replicated(topic: string, replicas: readonly number[][], minInsyncReplicas: number) {
  const admin = await adminOf(testKafka(first.bootstrapServers));
  await admin.createTopics({
    waitForLeaders: true,
    topics: [
      {
        topic,
        replicaAssignment: replicas.map((each, partition) => ({ partition, replicas: each })),
        configEntries: [{ name: 'min.insync.replicas', value: String(minInsyncReplicas) }],
      },
    ],
  });
  const partitions = async () =>
    ((await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]?.partitions ?? []).toSorted(
      (one, other) => one.partitionId - other.partitionId,
    );
  return {
    admin,
    options: { broker: first.bootstrapServers, topic },
    leaders: async () => (await partitions()).map(({ leader }) => leader),
    inSync: async () => (await partitions()).map(({ isr }) => isr.length),
  };
}

test('a partition whose leader moves to a broker that has others loses nothing', {
  timeout: 180_000,
}, async () => {
  const topic = 'moving';
  const { admin, options, leaders } = await replicated(topic, [[1], [2]], 1);
  const moved = rows.filter(({ event }) => murmur2Partition(event.key, 2) === 1);
  expect(moved.length).toBeGreaterThan(0);
  expect(moved.length).toBeLessThan(rows.length);
  const { relay, add, records, left } = await engineRelay(rows, options);
  const handle = relay();
  expect(await handle(streamEvent(rows))).toEqual(finished);

  await admin.alterPartitionReassignments({
    topics: [{ topic, partitionAssignment: [{ partition: 1, replicas: [1] }] }],
  });
  await inTime(async () => expect(await leaders()).toEqual([1, 1]));
  // Broker 2 answers NOT_LEADER_OR_FOLLOWER now, and the relay's client still takes it for the leader.
  const later = rows.map((_, index) => cancelledRow(`k${index}`));
  for (const row of later) await add(row);
  expect(await handle(streamEvent(later))).toEqual(finished);

  expect(Math.min(...copiesOf([...rows, ...later], await records()))).toBe(1);
  expect(await left()).toBe(0);
});

test('a topic without enough in-sync replicas gets nothing, until they are there again', {
  timeout: 180_000,
}, async () => {
  const { options, inSync } = await replicated('in-sync', [[1, 2]], 2);
  const { relay, records, left } = await engineRelay(rows, options);
  const handle = relay();
  await second.stop();
  await inTime(async () => expect(await inSync()).toEqual([1]));
  // NOT_ENOUGH_REPLICAS
  expect((await handle(streamEvent(rows))).batchItemFailures).toHaveLength(rows.length);
  expect(await left()).toBe(rows.length);

  await second.start();
  await inTime(async () => expect(await inSync()).toEqual([2]));
  expect(await handle(streamEvent(rows))).toEqual(finished);
  expect(Math.min(...copiesOf(rows, await records()))).toBe(1);
  expect(await left()).toBe(0);
});
