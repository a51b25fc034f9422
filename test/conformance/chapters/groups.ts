import { expect } from 'vitest';
import { eventually, fakeFunction, gate } from '../../integration/local/event-sources/fake-function.ts';
import {
  type KafkaEvent,
  offsetsOf,
  recordsOf,
  running,
} from '../../integration/local/event-sources/kafka/running.ts';
import { type Chapter, PAGES } from '../rule.ts';

export const groups: Chapter = {
  title: 'Consumer groups and commits',
  rules: [
    {
      id: 'G1',
      says: 'The mapping reads as a member of its consumer group; its pollers share the partitions, at most one for each.',
      basis: 'documented',
      source: PAGES.scaling,
      async test() {
        const { kafka, mapping, fn, start, send, committed } = await running(3, { pollers: 9 });
        await start();
        const admin = kafka.admin();
        await admin.connect();
        const described = await admin.describeGroups([mapping.groupId]);
        await admin.disconnect();
        expect(described.groups[0]?.members).toHaveLength(3);
        for (const partition of [0, 1, 2]) await send(partition, 'a', 'b', 'c');
        await eventually(async () => expect(await committed()).toEqual([3, 3, 3]));
        for (const partition of [0, 1, 2]) expect(offsetsOf(fn.events, partition)).toEqual([0, 1, 2]);
      },
    },
    {
      id: 'G2',
      says: 'Two groups on a topic each get every record.',
      basis: 'documented',
      source: PAGES.groupId,
      async test() {
        const { start, send, fn, mapping } = await running(1);
        const other = fakeFunction<KafkaEvent>();
        await start();
        await start({ groupId: `${mapping.groupId}-other` }, { invoke: other.invoke });
        await send(0, 'a', 'b');
        for (const each of [fn, other])
          await eventually(() => expect(recordsOf(each.events)).toHaveLength(2));
      },
    },
    {
      id: 'G3',
      says: 'After a batch the group’s committed offset is that of the last record and one: the next to read.',
      basis: 'documented',
      source: PAGES.logging,
      async test() {
        const { start, send, committed } = await running(2);
        await send(0, 'a', 'b', 'c');
        await send(1, 'd');
        const source = await start();
        await eventually(async () => expect(await committed()).toEqual([3, 1]));
        expect(await source.status()).toMatchObject({
          state: 'Enabled',
          lastProcessingResult: 'OK',
          partitions: [
            { partition: 0, committed: 3, end: 3, lag: 0 },
            { partition: 1, committed: 1, end: 1, lag: 0 },
          ],
          delivered: 4,
          failedBatches: 0,
        });
      },
    },
    {
      id: 'G4',
      says: 'Nothing is committed before its batch has been handled.',
      basis: 'documented',
      source: PAGES.mskConfigure,
      async test() {
        const { start, send, fn, committed } = await running(1);
        const held = gate();
        fn.answer = () => held.opened;
        await send(0, 'a');
        await start();
        await eventually(() => expect(fn.events).toHaveLength(1));
        expect(await committed()).toEqual([-1]);
        held.release();
        await eventually(async () => expect(await committed()).toEqual([1]));
      },
    },
    {
      id: 'G5',
      says: 'A partition that moves in the middle of a batch is delivered again by its new owner.',
      basis: 'inferred',
      source: 'delivery at least once, and groups as Kafka has them',
      here: 'the old owner’s batch goes on, but commits nothing of it',
      async test() {
        const { fn: first, start, send, committed } = await running(2, { windowMs: 300 });
        const second = fakeFunction<KafkaEvent>();
        const [firstHeld, secondHeld] = [gate(), gate()];
        first.answer = () => firstHeld.opened;
        second.answer = () => secondHeld.opened;
        await send(0, 'a', 'b');
        await send(1, 'c', 'd');
        await start();
        await eventually(() => expect(recordsOf(first.events)).toHaveLength(4));

        await start({}, { invoke: second.invoke });
        await eventually(() => expect(second.events).toHaveLength(1));
        const moved = recordsOf(second.events)[0]?.partition ?? -1;
        const kept = 1 - moved;
        expect(offsetsOf(second.events, moved)).toEqual([0, 1]);
        expect(await committed()).toEqual([-1, -1]);

        firstHeld.release();
        await eventually(async () => expect((await committed())[kept]).toBe(2));
        expect((await committed())[moved]).toBe(-1);
        expect(offsetsOf(second.events, kept)).toEqual([]);

        secondHeld.release();
        await eventually(async () => expect((await committed())[moved]).toBe(2));
        expect(recordsOf(first.events)).toHaveLength(4);
      },
    },
    {
      id: 'G6',
      says: 'A mapping that was away goes on at the committed offset.',
      basis: 'documented',
      source: PAGES.groupId,
      async test() {
        const { start, send, fn, committed } = await running(1);
        const first = await start();
        await send(0, 'a');
        await eventually(async () => expect(await committed()).toEqual([1]));
        await first.stop();
        await send(0, 'b');
        await start();
        await eventually(() => expect(offsetsOf(fn.events, 0)).toEqual([0, 1]));
      },
    },
    {
      id: 'G7',
      says: '`TRIM_HORIZON` begins a new group at the oldest record.',
      basis: 'documented',
      source: PAGES.starting,
      async test() {
        const { start, send, fn } = await running(1, { startingPosition: { at: 'TRIM_HORIZON' } });
        await send(0, 'before');
        await start();
        await eventually(() => expect(offsetsOf(fn.events, 0)).toEqual([0]));
      },
    },
    {
      id: 'G8',
      says: '`LATEST` begins a new group behind the newest record.',
      basis: 'documented',
      source: PAGES.starting,
      here: 'nothing written after the start is missed; on AWS the start takes minutes and may miss records',
      async test() {
        const { start, send, fn } = await running(2, { startingPosition: { at: 'LATEST' } });
        await send(0, 'before');
        await start();
        await send(0, 'after');
        await send(1, 'after');
        await eventually(() => expect(recordsOf(fn.events)).toHaveLength(2));
        expect([offsetsOf(fn.events, 0), offsetsOf(fn.events, 1)]).toEqual([[1], [0]]);
      },
    },
    {
      id: 'G9',
      says: '`AT_TIMESTAMP` begins a new group at the first record of that time or later.',
      basis: 'documented',
      source: PAGES.starting,
      async test() {
        const startingPosition = { at: 'AT_TIMESTAMP', timestampMs: 1_790_000_000_000 } as const;
        const { start, send, fn } = await running(2, { startingPosition });
        await send(0, { value: 'before', timestamp: '1789999999999' });
        await send(
          0,
          { value: 'at', timestamp: '1790000000000' },
          { value: 'after', timestamp: '1790000000001' },
        );
        await send(1, { value: 'before', timestamp: '1780000000000' });
        await start();
        await send(1, { value: 'later', timestamp: '1790000000002' });
        await eventually(() => expect(recordsOf(fn.events)).toHaveLength(3));
        expect([offsetsOf(fn.events, 0), offsetsOf(fn.events, 1)]).toEqual([[1, 2], [1]]);
      },
    },
    {
      id: 'G10',
      says: 'The starting position counts for nothing once the group has committed.',
      basis: 'documented',
      source: PAGES.groupId,
      async test() {
        const { start, send, fn, committed } = await running(1);
        const first = await start();
        await send(0, 'a');
        await eventually(async () => expect(await committed()).toEqual([1]));
        await first.stop();
        await send(0, 'b');
        await start({ startingPosition: { at: 'LATEST' } });
        await eventually(() => expect(offsetsOf(fn.events, 0)).toEqual([0, 1]));
      },
    },
  ],
};
