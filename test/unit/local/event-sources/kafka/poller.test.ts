import { setImmediate } from 'node:timers/promises';
import type { Consumer, ConsumerRunConfig, EachBatchPayload, Kafka } from 'kafkajs';
import { expect, test } from 'vitest';
import { startDelivery } from '../../../../../local/event-sources/delivery/driver.ts';
import type { KafkaRecord } from '../../../../../local/event-sources/kafka/event.ts';
import { startPoller } from '../../../../../local/event-sources/kafka/poller.ts';
import { RETRY_FOREVER } from '../delivery/schedule.ts';

const TOPIC = 'orders';

/** A member of the group as the poller sees it; the test is its coordinator and its broker. */
function fakeMember() {
  const seeks: { partition: number; offset: string }[] = [];
  const listeners = new Map<string, (event: unknown) => void>();
  let running: ConsumerRunConfig = {};
  const runs = Promise.withResolvers<void>();
  const consumer = {
    events: { GROUP_JOIN: 'join', CRASH: 'crash', REQUEST_TIMEOUT: 'time-out' },
    on: (event: string, listener: (event: unknown) => void) => listeners.set(event, listener),
    connect: async () => {},
    subscribe: async () => {},
    run: async (config: ConsumerRunConfig) => {
      running = config;
      runs.resolve();
    },
    seek: ({ partition, offset }: { partition: number; offset: string }) => seeks.push({ partition, offset }),
    pause: () => {},
    resume: () => {},
    disconnect: async () => {},
  } as unknown as Consumer;
  return {
    runs: runs.promise,
    kafka: { consumer: () => consumer } as unknown as Kafka,
    /** Where it was told to go on, since it was last asked. */
    seeks: () => seeks.splice(0),
    join: (memberId: string, partitions: readonly number[]) =>
      listeners.get('join')?.({ payload: { memberId, memberAssignment: { [TOPIC]: partitions } } }),
    async fetch(partition: number, offsets: readonly number[]) {
      const messages = offsets.map((offset) => ({
        offset: String(offset),
        timestamp: '0',
        key: null,
        value: null,
        headers: {},
      }));
      await running.eachBatch?.({
        batch: { partition, messages },
        resolveOffset: () => {},
        heartbeat: async () => {},
        commitOffsetsIfNecessary: async () => {},
      } as unknown as EachBatchPayload);
    },
  };
}

/** Two pollers of one mapping, whose function never answers. */
async function twoPollers() {
  const delivery = startDelivery<KafkaRecord>(
    {
      batchSize: 10,
      windowMs: 0,
      maxBytes: 1_000_000,
      sliceBytes: 0,
      maxInFlight: 5,
      backOffMs: () => 0,
      ...RETRY_FOREVER,
    },
    {
      clock: () => 0,
      deliver: () => new Promise(() => {}),
      giveUp: async () => {},
      commit: () => {},
      ended: () => {},
      lost: () => {},
    },
  );
  const members = [fakeMember(), fakeMember()] as const;
  const pollers = members.map(({ kafka }, id) =>
    startPoller({
      kafka,
      id,
      topic: TOPIC,
      partitions: 2,
      groupId: 'shipping-service',
      batchSize: 10,
      delivery,
      crashed: () => {},
      joined: () => {},
      unreadable: () => {},
      readable: () => {},
    }),
  );
  await Promise.all(members.map(({ runs }) => runs));
  return [...members, pollers] as const;
}

test('a poller has started when its member has its assignment, not before', async () => {
  const [member, other, pollers] = await twoPollers();
  const started: number[] = [];
  pollers.forEach((poller, id) => {
    poller.started.then(() => started.push(id));
  });
  await setImmediate();
  expect(started).toEqual([]);
  member.join('a', [0, 1]);
  await setImmediate();
  expect(started).toEqual([0]);
  other.join('b', []);
  await setImmediate();
  expect(started).toEqual([0, 1]);
});

test('a member goes on where it was after a rebalance that left it its partition', async () => {
  const [member, other] = await twoPollers();
  member.join('a', [0, 1]);
  await member.fetch(0, [40, 41]);
  other.join('b', [1]);
  member.join('a', [0]);
  expect(member.seeks()).toEqual([{ partition: 0, offset: '42' }]);
});

test('a member that comes back under a new id begins at what is committed', async () => {
  const [member] = await twoPollers();
  member.join('a', [0]);
  await member.fetch(0, [40, 41]);
  member.join('c', [0]);
  expect(member.seeks()).toEqual([]);
});

test('a partition that was another poller’s in a generation which this one never saw is read from what is committed', async () => {
  const [member, other] = await twoPollers();
  member.join('a', [0, 1]);
  await member.fetch(0, [40, 41]);
  await member.fetch(1, [7, 8]);
  other.join('b', [1]);
  other.join('b', []);
  member.join('a', [0, 1]);
  expect(member.seeks()).toEqual([{ partition: 0, offset: '42' }]);
  await member.fetch(1, [7, 8, 9]);
  member.join('a', [0, 1]);
  expect(member.seeks()).toEqual([
    { partition: 0, offset: '42' },
    { partition: 1, offset: '10' },
  ]);
});
