import { describe, expect, test } from 'vitest';
import { eventually, functionError, success } from '../fake-function.ts';
import { keysOf, running, type StreamEvent, sequenceNumberOf } from './running.ts';

/** DynamoDB Local rounds the time of a change down to the minute, so that a record may be one minute younger than it says. */
const MINUTE = 60_000;
const letters = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const timesWith = (events: readonly StreamEvent[], key: string) =>
  events.filter((event) => keysOf(event).includes(key)).length;

describe.each(['ministack', 'dynamodbLocal'] as const)('failures on %s', (engine) => {
  test('a batch whose retries are used up is dropped with a word, and its shard goes on', async () => {
    const { fn, start, put, checkpoint, log } = await running(engine, {
      batchSize: 1,
      maximumRetryAttempts: 2,
    });
    fn.answer = (event) => (keysOf(event).includes('b') ? functionError() : success());
    await put('a', 'b', 'c');
    const source = await start();
    await eventually(async () => expect(await source.status()).toMatchObject({ delivered: 2, dropped: 1 }));
    expect(keysOf(...fn.events)).toEqual(['a', 'b', 'b', 'b', 'c']);
    const [, b, , , c] = fn.events;
    expect(checkpoint()).toBe(c && sequenceNumberOf(c, 'c'));
    const lines = log.filter((line) => line.includes('dropped'));
    expect(lines).toEqual([expect.stringContaining(`@${b && sequenceNumberOf(b, 'b')}`)]);
  });

  test('what was dropped does not come again after a restart', async () => {
    const { fn, start, put } = await running(engine, { batchSize: 1, maximumRetryAttempts: 0 });
    fn.answer = () => functionError();
    await put('a');
    const source = await start();
    await eventually(async () => expect((await source.status()).dropped).toBe(1));
    await source.stop();
    await put('b');
    await start();
    await eventually(() => expect(keysOf(...fn.events)).toEqual(['a', 'b']));
  });

  test('without a limit a batch is retried on and on', async () => {
    const { fn, start, put } = await running(engine);
    fn.answer = () => functionError();
    await put('a');
    const source = await start();
    await eventually(() => expect(fn.events.length).toBeGreaterThan(3));
    expect(await source.status()).toMatchObject({ delivered: 0, dropped: 0 });
  });

  test('bisecting leaves the poison alone and delivers its neighbours in order', async () => {
    const { fn, start, put } = await running(engine, {
      windowMs: 300,
      maximumRetryAttempts: 1,
      bisect: true,
      partialResponses: false,
    });
    const handled: string[] = [];
    fn.answer = (event) => {
      if (keysOf(event).includes('f')) return functionError();
      handled.push(...keysOf(event));
      return success();
    };
    await put(...letters);
    const source = await start();
    await eventually(async () => expect(await source.status()).toMatchObject({ delivered: 7, dropped: 1 }));
    expect(handled).toEqual(letters.filter((key) => key !== 'f'));
    // With 8, 4, 2 and 1 records; a split uses up no retry, so it is retried once more.
    expect(timesWith(fn.events, 'f')).toBe(5);
  });

  test('a batch item failure that goes on takes what follows it in its batch along', async () => {
    const { fn, start, put } = await running(engine, { windowMs: 300, maximumRetryAttempts: 1 });
    fn.answer = (event) => {
      const failed = sequenceNumberOf(event, 'b');
      return success({ batchItemFailures: failed === undefined ? [] : [{ itemIdentifier: failed }] });
    };
    await put('a', 'b', 'c');
    const source = await start();
    await eventually(async () => expect(await source.status()).toMatchObject({ delivered: 1, dropped: 2 }));
    await put('d');
    await eventually(() =>
      expect(fn.events.map((event) => keysOf(event))).toEqual([['a', 'b', 'c'], ['b', 'c'], ['d']]),
    );
  });

  test('a record that is too old is dropped without an invocation, the next one is delivered', async () => {
    const { fn, start, put, time } = await running(engine, { maximumRecordAgeMs: 2 * MINUTE });
    time.aheadMs = 4 * MINUTE;
    await put('old');
    const source = await start();
    await eventually(async () => expect((await source.status()).dropped).toBe(1));
    time.aheadMs = 0;
    await put('young');
    await eventually(() => expect(keysOf(...fn.events)).toEqual(['young']));
  });

  test('a record that keeps failing is dropped when it gets too old', async () => {
    const { fn, start, put, time } = await running(engine, { maximumRecordAgeMs: 2 * MINUTE });
    fn.answer = () => functionError();
    await put('a');
    const source = await start();
    await eventually(() => expect(fn.events.length).toBeGreaterThan(1));
    expect((await source.status()).dropped).toBe(0);
    time.aheadMs = 4 * MINUTE;
    await eventually(async () => expect((await source.status()).dropped).toBe(1));
    fn.answer = () => success();
    time.aheadMs = 0;
    await put('b');
    await eventually(async () => expect((await source.status()).delivered).toBe(1));
  });
});
