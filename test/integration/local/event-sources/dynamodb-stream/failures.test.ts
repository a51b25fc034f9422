import { describe, expect, test } from 'vitest';
import { functionError, success } from '../../../../support/invocation-results.ts';
import { eventually } from '../fake-function.ts';
import { keysOf, running, sequenceNumberOf } from './running.ts';

/** DynamoDB Local rounds the time of a change down to the minute, so that a record may be one minute younger than it says. */
const MINUTE = 60_000;

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
});
