import { describe, expect, test } from 'vitest';
import { functionError, success } from '../../../../support/invocation-results.ts';
import { eventually, gate } from '../fake-function.ts';
import { keysOf, running, sequenceNumberOf } from './running.ts';

describe.each(['ministack', 'dynamodbLocal'] as const)('on %s', (engine) => {
  test('delivers changes in order, with the images as DynamoDB writes them', async () => {
    const { mapping, fn, start, put, remove } = await running(engine);
    await put('a', 'b');
    await remove('a');
    await start();
    await eventually(() => expect(keysOf(...fn.events)).toEqual(['a', 'b', 'a']));
    const records = fn.events.flatMap((event) => event.Records);
    const image = { pk: { S: 'a' }, n: { N: '7' }, b: { B: 'AP8=' } };
    expect(records[0]).toEqual({
      eventID: expect.any(String),
      eventName: 'INSERT',
      eventVersion: '1.1',
      eventSource: 'aws:dynamodb',
      awsRegion: 'us-east-1',
      dynamodb: {
        ApproximateCreationDateTime: expect.any(Number),
        Keys: { pk: { S: 'a' } },
        NewImage: image,
        SequenceNumber: expect.stringMatching(/^\d+$/),
        SizeBytes: expect.any(Number),
        StreamViewType: 'NEW_AND_OLD_IMAGES',
      },
      eventSourceARN: mapping.streamArn,
    });
    expect(records.at(-1)).toMatchObject({ eventName: 'REMOVE', dynamodb: { OldImage: image } });
  });

  test('a filter holds back what it does not name', async () => {
    const { fn, start, put, remove } = await running(engine, { filters: [{ eventName: ['INSERT'] }] });
    await start();
    await put('a');
    await remove('a');
    await put('b');
    await eventually(() => expect(keysOf(...fn.events)).toEqual(['a', 'b']));
    expect(fn.events.flatMap((event) => event.Records).map((record) => record.eventName)).toEqual([
      'INSERT',
      'INSERT',
    ]);
  });

  test('a function error brings the batch again, before anything later', async () => {
    const { fn, start, put } = await running(engine, { batchSize: 2 });
    fn.answer = () => (fn.events.length < 3 ? functionError() : success());
    await put('a', 'b', 'c');
    const source = await start();
    await eventually(() =>
      expect(fn.events.map((event) => keysOf(event))).toEqual([['a', 'b'], ['a', 'b'], ['a', 'b'], ['c']]),
    );
    await eventually(async () =>
      expect(await source.status()).toMatchObject({ delivered: 3, batches: 4, failedBatches: 2 }),
    );
  });

  test('a partial response redelivers from the lowest sequence number it names', async () => {
    const { fn, start, put, checkpoint } = await running(engine, { windowMs: 300 });
    let failing = true;
    fn.answer = (event) => {
      const failed = ['c', 'b'].map((key) => ({ itemIdentifier: sequenceNumberOf(event, key) }));
      return success({ batchItemFailures: failing ? failed : [] });
    };
    await put('a', 'b', 'c', 'd');
    await start();
    await eventually(() => expect(fn.events.length).toBeGreaterThan(2));
    const [first, ...again] = fn.events;
    expect(first && keysOf(first)).toEqual(['a', 'b', 'c', 'd']);
    for (const event of again) expect(keysOf(event)).toEqual(['b', 'c', 'd']);
    expect(checkpoint()).toBe(first && sequenceNumberOf(first, 'a'));
    failing = false;
    await eventually(() => expect(checkpoint()).toBe(first && sequenceNumberOf(first, 'd')));
  });

  test('goes on behind its checkpoint after a restart; what was not handled comes again', async () => {
    const { fn, start, put, checkpoint } = await running(engine, { batchSize: 1 });
    const held = gate();
    fn.answer = (event) => (keysOf(event).includes('b') ? held.opened : success());
    const source = await start();
    await put('a', 'b');
    await eventually(() => expect(keysOf(...fn.events)).toEqual(['a', 'b']));
    await source.stop();
    fn.answer = () => success();
    await put('c');
    const again = await start();
    await eventually(() => expect(keysOf(...fn.events)).toEqual(['a', 'b', 'b', 'c']));
    await eventually(async () =>
      expect((await again.status()).partitions[0]?.committed).toBe(BigInt(checkpoint() ?? 0)),
    );
    expect((await again.status()).delivered).toBe(2);
  });

  test('LATEST begins at what is written after the start', async () => {
    const { fn, start, put } = await running(engine, { startingPosition: { at: 'LATEST' } });
    await put('old');
    await start();
    await put('new');
    await eventually(() => expect(keysOf(...fn.events)).toEqual(['new']));
  });

  test('a checkpoint that the stream no longer has means its oldest record', async () => {
    const { fn, start, put } = await running(engine);
    await put('a');
    await start({ load: () => '1'.padStart(21, '0'), save: () => {} });
    await eventually(() => expect(keysOf(...fn.events)).toEqual(['a']));
  });

  test('a stream that is not there is named by its mapping', async () => {
    const { start } = await running(engine, {
      streamArn: 'arn:aws:dynamodb:us-east-1:000000000000:table/none/stream/2026-01-01T00:00:00.000',
    });
    await expect(start()).rejects.toMatchObject({ code: 'PROVISIONING_FAILED' });
  });
});
