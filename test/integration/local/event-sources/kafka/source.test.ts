import { describe, expect, test } from 'vitest';
import { AS_DOCUMENTED } from '../../../../../local/event-sources/kafka/emulation-shape.ts';
import { testEngines } from '../../../../support/engines.ts';
import { eventually, functionError, success } from '../fake-function.ts';
import { type KafkaEvent, offsetsOf, recordsOf, running, text } from './running.ts';

const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i));

describe('the event', () => {
  test('holds the records of several partitions, with everything a record can have', async () => {
    const { mapping, fn, start, send } = await running(3, { windowMs: 500 });
    await send(2, {
      key: Buffer.from([0, 128, 255]),
      value: Buffer.from([255, 0]),
      timestamp: '1790000000000',
      headers: { 'content-type': 'application/json', binary: Buffer.from('ë'), again: ['a', 'b'] },
    });
    await send(0, { key: null, value: null, timestamp: '1790000000001' });
    await start();
    await eventually(() => expect(fn.events).toHaveLength(1));
    const { topic } = mapping;
    expect(fn.events[0]).toStrictEqual({
      eventSource: 'aws:kafka',
      eventSourceArn: mapping.clusterArn,
      bootstrapServers: testEngines().bootstrapServers,
      records: {
        [`${topic}-0`]: [
          {
            topic,
            partition: 0,
            offset: 0,
            timestamp: 1790000000001,
            timestampType: 'CREATE_TIME',
            value: null,
            headers: [],
          },
        ],
        [`${topic}-2`]: [
          {
            topic,
            partition: 2,
            offset: 0,
            timestamp: 1790000000000,
            timestampType: 'CREATE_TIME',
            key: 'AID/',
            value: '/wA=',
            headers: [
              { 'content-type': [...Buffer.from('application/json')] },
              { binary: [-61, -85] },
              { again: [97] },
              { again: [98] },
            ],
          },
        ],
      },
    });
  });

  test('stays below 6 MB, however many records the batch may have', async () => {
    const { fn, start, send } = await running(1, { batchSize: 10_000, windowMs: 1_500 });
    const value = 'x'.repeat(60_000);
    for (let sent = 0; sent < 100; sent += 1) await send(0, value);
    await start();
    await eventually(() => expect(offsetsOf(fn.events, 0)).toHaveLength(100));
    const sizes = fn.events.map((event) => JSON.stringify(event).length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(6 * 1024 * 1024);
    expect(Math.max(...sizes)).toBeGreaterThan(5.8 * 1024 * 1024);
  });
});

describe('delivery', () => {
  test('keeps the order of each partition and commits the offset after the last record', async () => {
    const { fn, start, send, committed } = await running(3, { batchSize: 7 });
    const source = await start();
    for (const partition of [0, 1, 2]) await send(partition, ...numbers(100 + partition));
    await eventually(async () => expect(await committed()).toEqual([100, 101, 102]));
    for (const partition of [0, 1, 2]) {
      expect(offsetsOf(fn.events, partition)).toEqual(numbers(100 + partition).map(Number));
    }
    expect(await source.status()).toMatchObject({
      state: 'Enabled',
      lastProcessingResult: 'OK',
      partitions: [
        { partition: 0, committed: 100, end: 100, lag: 0 },
        { partition: 1, committed: 101, end: 101, lag: 0 },
        { partition: 2, committed: 102, end: 102, lag: 0 },
      ],
      delivered: 303,
      failedBatches: 0,
    });
  });

  test('a function error brings the batch again and holds its partition, and no other', async () => {
    const { fn, start, send, committed } = await running(2, { batchSize: 1 });
    const isPoisoned = (event: KafkaEvent) => recordsOf([event]).some((record) => text(record) === 'poison');
    let cured = false;
    fn.answer = (event) => (isPoisoned(event) && !cured ? functionError() : success());
    const source = await start();
    await send(0, 'fine', 'poison', 'behind');
    await send(1, ...numbers(20));
    await eventually(async () => expect(await committed()).toEqual([1, 20]));
    await eventually(() => expect(fn.events.filter(isPoisoned).length).toBeGreaterThan(2));
    expect(offsetsOf(fn.events, 0)).not.toContain(2);
    expect((await source.status()).partitions[0]).toMatchObject({ committed: 1, lag: 2 });
    cured = true;
    await eventually(async () => expect(await committed()).toEqual([3, 20]));
  });

  test.each([
    ['selective', [2, 3]],
    ['checkpoint', [2, 3, 4]],
  ] as const)(
    'a partial response brings the named records again, or all behind them (%s), and commits what lies before',
    async (partialResponse, again) => {
      const { mapping, fn, start, send, committed } = await running(2, { windowMs: 300 });
      let failing = true;
      const failures = [3, 2].map((offset) => ({
        itemIdentifier: { partition: `${mapping.topic}-0`, offset },
      }));
      fn.answer = (event) =>
        success({ batchItemFailures: failing && offsetsOf([event], 0).includes(2) ? failures : [] });
      await send(0, ...numbers(5));
      await send(1, ...numbers(5));
      await start({}, { shape: { ...AS_DOCUMENTED, partialResponse } });
      await eventually(async () => expect(await committed()).toEqual([2, 5]));
      await eventually(() => expect(fn.events.length).toBeGreaterThan(2));
      for (const event of fn.events.slice(1)) expect(offsetsOf([event], 0)).toEqual(again);
      failing = false;
      await eventually(async () => expect(await committed()).toEqual([5, 5]));
    },
  );

  test.each([
    ['full', true],
    ['records-only', false],
  ] as const)('a redelivered event is %s', async (redelivery, isFull) => {
    const { fn, start, send, committed } = await running(1);
    fn.answer = () => (fn.events.length === 1 ? functionError() : success());
    await start({}, { shape: { ...AS_DOCUMENTED, redelivery } });
    await send(0, 'a');
    await eventually(async () => expect(await committed()).toEqual([1]));
    const [first, second] = fn.events;
    expect(second).toEqual(isFull ? first : { records: first?.records });
  });

  test('an event that never reached the function comes in full, whatever a redelivered one has', async () => {
    const { fn, start, send, committed } = await running(1);
    fn.answer = () => (fn.events.length === 1 ? { kind: 'throttled' } : success());
    await start({}, { shape: { ...AS_DOCUMENTED, redelivery: 'records-only' } });
    await send(0, 'a');
    await eventually(async () => expect(await committed()).toEqual([1]));
    expect(fn.events[1]).toEqual(fn.events[0]);
  });

  test('a response that cannot be understood fails the whole batch', async () => {
    const { mapping, fn, start, send, committed } = await running(1);
    fn.answer = () =>
      fn.events.length < 3
        ? success({ batchItemFailures: [{ itemIdentifier: `${mapping.topic}-0-1` }] })
        : success();
    await send(0, 'a', 'b');
    await start();
    await eventually(async () => expect(await committed()).toEqual([2]));
    expect(fn.events.map((event) => offsetsOf([event], 0))).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
  });
});

test('a mapping that is not enabled reads nothing and tells how far behind it is', async () => {
  const { fn, start, send } = await running(1, { enabled: false });
  await send(0, 'a', 'b');
  const source = await start();
  expect(await source.status()).toMatchObject({
    state: 'Disabled',
    lastProcessingResult: 'No records processed',
    partitions: [{ partition: 0, committed: null, end: 2, lag: 2 }],
    delivered: 0,
  });
  expect(fn.events).toEqual([]);
});

test('a topic that the broker does not have is named', async () => {
  const { start } = await running(1);
  await expect(start({ topic: 'no-such-topic' })).rejects.toMatchObject({
    code: 'PROVISIONING_FAILED',
    message: expect.stringContaining('no-such-topic'),
  });
});
