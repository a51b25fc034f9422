import { expect } from 'vitest';
import { eventually, gate } from '../../integration/local/event-sources/fake-function.ts';
import { offsetsOf, recordsOf, running } from '../../integration/local/event-sources/kafka/running.ts';
import { success } from '../../support/invocation-results.ts';
import { type Chapter, PAGES } from '../rule.ts';

const texts = (count: number) => Array.from({ length: count }, (_, n) => String(n));

export const batching: Chapter = {
  title: 'Batches',
  rules: [
    {
      id: 'B1',
      says: 'A batch has at most `BatchSize` records (1 to 10,000; 100 unless it is set).',
      basis: 'documented',
      source: PAGES.createMapping,
      async test() {
        const { start, send, fn } = await running(1, { batchSize: 10 });
        await send(0, ...texts(25));
        await start();
        await eventually(() => expect(recordsOf(fn.events)).toHaveLength(25));
        expect(Math.max(...fn.events.map((event) => recordsOf([event]).length))).toBeLessThanOrEqual(10);
      },
    },
    {
      id: 'B2',
      says: 'A batch that is not full is invoked when its window is over, counted from its first record.',
      basis: 'documented',
      source: PAGES.eventSourceMapping,
      async test() {
        const { start, send, fn } = await running(1, { windowMs: 1_000 });
        await start();
        const sentAt = performance.now();
        await send(0, 'first');
        await send(0, 'second');
        await eventually(() => expect(recordsOf(fn.events)).toHaveLength(2));
        expect(fn.events).toHaveLength(1);
        expect(performance.now() - sentAt).toBeGreaterThan(900);
      },
    },
    {
      id: 'B3',
      says: 'A full batch does not wait for its window.',
      basis: 'documented',
      source: PAGES.eventSourceMapping,
      async test() {
        const { start, send, fn } = await running(1, { windowMs: 300_000, batchSize: 5 });
        await start();
        await send(0, ...texts(5));
        await eventually(() => expect(recordsOf(fn.events)).toHaveLength(5));
      },
    },
    {
      id: 'B4',
      says: 'With a window of 0 what is there is sent at once, however little.',
      basis: 'documented',
      source: PAGES.lowLatency,
      async test() {
        const { start, send, fn } = await running(1, { windowMs: 0 });
        await start();
        await send(0, 'alone');
        await eventually(() => expect(recordsOf(fn.events)).toHaveLength(1));
      },
    },
    {
      id: 'B5',
      says: 'An event has at most 6 MB; records that would make it larger go into the next one.',
      basis: 'documented',
      source: PAGES.eventSourceMapping,
      here: 'counted as the JSON that is sent',
      async test() {
        const { start, send, fn } = await running(1, { batchSize: 1_000, windowMs: 1_000 });
        const big = 'x'.repeat(50_000);
        for (let n = 0; n < 150; n++) await send(0, big);
        await start();
        await eventually(() => expect(recordsOf(fn.events)).toHaveLength(150));
        const sizes = fn.events.map((event) => JSON.stringify(event).length);
        expect(Math.max(...sizes)).toBeLessThanOrEqual(6 * 1024 * 1024);
        expect(Math.max(...sizes)).toBeGreaterThan(5.8 * 1024 * 1024);
      },
    },
    {
      id: 'B6',
      says: 'A batch may hold records of several partitions of the topic.',
      basis: 'documented',
      source: PAGES.mskConfigure,
      async test() {
        const { start, send, fn, mapping } = await running(3, { windowMs: 1_000 });
        await start();
        for (const partition of [0, 1, 2]) await send(partition, 'x');
        await eventually(() => expect(recordsOf(fn.events)).toHaveLength(3));
        const [event] = fn.events;
        expect(Object.keys(event?.records ?? {}).sort()).toEqual(
          [0, 1, 2].map((n) => `${mapping.topic}-${n}`),
        );
      },
    },
    {
      id: 'B7',
      says: 'The records of a partition are delivered in their order.',
      basis: 'documented',
      source: PAGES.mskConfigure,
      async test() {
        const { start, send, fn } = await running(2, { batchSize: 7 });
        for (const partition of [0, 1]) await send(partition, ...texts(50));
        await start();
        await eventually(() => expect(recordsOf(fn.events)).toHaveLength(100));
        for (const partition of [0, 1])
          expect(offsetsOf(fn.events, partition)).toEqual(texts(50).map(Number));
      },
    },
    {
      id: 'B8',
      says: 'A partition has at most one batch in flight.',
      basis: 'inferred',
      source: 'order per partition, and pollers capped at the number of partitions',
      async test() {
        const { start, send, fn, committed } = await running(1, { batchSize: 1 });
        const held = gate();
        fn.answer = (event) => (offsetsOf([event], 0).includes(0) ? held.opened : success());
        await send(0, 'a', 'b');
        await start();
        await eventually(() => expect(fn.events).toHaveLength(1));
        // Time enough for a second batch, if there could be one: another mapping's batch comes through meanwhile.
        const other = await running(1);
        await other.start();
        await other.send(0, 'x');
        await eventually(() => expect(other.fn.events).toHaveLength(1));
        expect(fn.events).toHaveLength(1);
        held.release();
        await eventually(async () => expect(await committed()).toEqual([2]));
      },
    },
  ],
};
