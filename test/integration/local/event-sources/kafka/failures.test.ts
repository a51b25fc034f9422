import type { Kafka } from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { AS_DOCUMENTED } from '../../../../../local/event-sources/kafka/emulation-shape.ts';
import type { KafkaMappingModel } from '../../../../../local/resources/kafka-mapping.ts';
import { readTopic, type TopicRecord, testTopic } from '../../../../support/topics.ts';
import { functionOf, hostOf } from '../../../../unit/local/lambda/host-fixture.ts';
import { eventually, functionError, success } from '../fake-function.ts';
import { type KafkaEvent, offsetsOf, type Running, recordsOf, running, text } from './running.ts';

const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i));
const poisonAt = (offset: number, count: number) =>
  numbers(count).map((n) => (n === String(offset) ? 'poison' : n));
const isPoisoned = (event: KafkaEvent) => recordsOf([event]).some((record) => text(record) === 'poison');
const inAnHour = 3_600_000;

/** As `running`, with an on-failure topic of its own. */
async function runningWithDestination(
  partitions: number,
  changes: Partial<KafkaMappingModel> = {},
  destinationPartitions = 1,
): Promise<Running & { onFailureTopic: string; letters(): Promise<TopicRecord[]> }> {
  const plain = await running(partitions, changes);
  const onFailureTopic = await testTopic(plain.kafka, destinationPartitions);
  return {
    ...plain,
    onFailureTopic,
    start: (again = {}, ports = {}) => plain.start({ onFailureTopic, ...again }, ports),
    letters: () => readTopic(plain.kafka, onFailureTopic),
  };
}

const envelopeOf = (letter: TopicRecord | undefined) => JSON.parse(letter?.value ?? 'null');

describe('a record that keeps failing', () => {
  test('is written to the destination with its key and the whole event, then committed', async () => {
    const { mapping, fn, start, send, committed, letters } = await runningWithDestination(1, {
      batchSize: 1,
      maximumRetryAttempts: 2,
    });
    fn.answer = (event) => (isPoisoned(event) ? functionError() : success());
    const timestamp = '2026-11-22T02:59:58.000Z';
    await send(0, {
      key: 'ord_1',
      value: 'poison',
      timestamp: String(Date.parse(timestamp)),
      headers: { a: 'ä' },
    });
    await send(0, 'fine');
    const lines: string[] = [];
    const source = await start({}, { log: (line) => lines.push(line) });
    await eventually(async () => expect(await committed()).toEqual([2]));
    expect(offsetsOf(fn.events, 0)).toEqual([0, 0, 0, 1]);

    const [letter, ...others] = await letters();
    expect(others).toEqual([]);
    expect(letter).toMatchObject({ key: 'ord_1', headers: [] });
    const [poisoned] = fn.events;
    expect(envelopeOf(letter)).toStrictEqual({
      requestContext: {
        requestId: 'r',
        functionArn: `${mapping.functionArn}:$LATEST`,
        condition: 'RetriesExhausted',
        approximateInvokeCount: 3,
      },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      version: '1.0',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      KafkaBatchInfo: {
        batchSize: 1,
        eventSourceArn: mapping.clusterArn,
        bootstrapServers: poisoned?.bootstrapServers,
        payloadSize: Buffer.byteLength(JSON.stringify(poisoned)),
        recordInfo: { offset: '0', timestamp },
      },
      payload: poisoned,
    });
    expect(await source.status()).toMatchObject({ delivered: 1, deadLettered: 1, dropped: 0 });
    expect(lines.filter((line) => line.includes('dropped'))).toEqual([]);
  });

  test('without a destination is dropped with a word, and its partition goes on', async () => {
    const { mapping, fn, start, send, committed } = await running(1, {
      batchSize: 1,
      maximumRetryAttempts: 1,
    });
    fn.answer = (event) => (isPoisoned(event) ? functionError() : success());
    await send(0, 'fine', 'poison', 'fine');
    const lines: string[] = [];
    const source = await start({}, { log: (line) => lines.push(line) });
    await eventually(async () => expect(await committed()).toEqual([3]));
    expect(offsetsOf(fn.events, 0)).toEqual([0, 1, 1, 2]);
    expect(await source.status()).toMatchObject({ delivered: 2, deadLettered: 0, dropped: 1 });
    expect(lines).toContainEqual(expect.stringContaining(`${mapping.topic}-0@1) given up`));
  });

  test('with infinite retries and a destination is retried ten times', async () => {
    const { fn, start, send, committed, letters } = await runningWithDestination(1);
    fn.answer = () => functionError();
    await send(0, 'poison');
    // Takes all of the waiting between attempts away.
    await start({}, { random: () => -1 });
    await eventually(async () => expect(await committed()).toEqual([1]));
    expect(fn.events).toHaveLength(11);
    expect(envelopeOf((await letters())[0])).toMatchObject({
      requestContext: { approximateInvokeCount: 11 },
    });
  });

  test('is given up by whoever owns its partition, and after a restart not once more', async () => {
    const { fn, start, send, committed, letters } = await runningWithDestination(1, {
      maximumRetryAttempts: 0,
    });
    fn.answer = (event) => (isPoisoned(event) ? functionError() : success());
    await send(0, 'poison');
    const first = await start();
    await eventually(async () => expect(await committed()).toEqual([1]));
    await first.stop();
    await send(0, 'fine');
    await start();
    await eventually(async () => expect(await committed()).toEqual([2]));
    expect(await letters()).toHaveLength(1);
  });
});

describe('dead letters', () => {
  test('without a key go round the partitions, those with one to the partition of the key', async () => {
    const { fn, start, send, committed, letters } = await runningWithDestination(
      1,
      { batchSize: 4, maximumRetryAttempts: 0 },
      2,
    );
    fn.answer = () => functionError();
    await send(0, 'a', 'b', 'c', 'd');
    await send(0, ...['x', 'x', 'x', 'x'].map((key) => ({ key, value: 'v' })));
    const source = await start();
    await eventually(async () => expect(await committed()).toEqual([8]));
    expect(await source.status()).toMatchObject({ delivered: 0, deadLettered: 8, dropped: 0 });
    const written = await letters();
    const keyed = written.filter(({ key }) => key === 'x');
    expect(new Set(keyed.map(({ partition }) => partition)).size).toBe(1);
    const keyless = written.filter(({ key }) => key === 'null').map(({ partition }) => partition);
    expect(keyless).toEqual([0, 0, 1, 1]);
  });

  test('may be one for all that was given up together, with a key of its own', async () => {
    const { mapping, fn, start, send, committed, letters } = await runningWithDestination(2, {
      windowMs: 300,
      maximumRetryAttempts: 0,
    });
    fn.answer = () => functionError();
    await send(0, { key: 'mine', value: 'a' }, 'b', 'c');
    await send(1, 'd');
    await start({}, { shape: { ...AS_DOCUMENTED, deadLetters: 'per-group' }, newId: () => 'own' });
    await eventually(async () => expect(await committed()).toEqual([3, 1]));
    const [letter, ...others] = await letters();
    expect(others).toEqual([]);
    expect(letter?.key).toBe('own');
    expect(envelopeOf(letter)).toMatchObject({
      requestContext: { condition: 'RetryAttemptsExhausted' },
      KafkaBatchInfo: {
        batchSize: 4,
        recordsInfo: {
          [`${mapping.topic}-0`]: { firstRecordOffset: '0', lastRecordOffset: '2' },
          [`${mapping.topic}-1`]: { firstRecordOffset: '0', lastRecordOffset: '0' },
        },
      },
      payload: fn.events[0],
    });
  });

  test('that their topic does not take are dropped with a word, and the partition goes on', async () => {
    const { mapping, fn, start, send, committed } = await running(1, {
      batchSize: 10,
      maximumRetryAttempts: 0,
      onFailureTopic: 'no-such-topic',
    });
    fn.answer = (event) => (isPoisoned(event) ? functionError() : success());
    await send(0, 'poison', 'b');
    const lines: string[] = [];
    const source = await start({}, { log: (line) => lines.push(line) });
    await eventually(async () => expect(await committed()).toEqual([2]));
    expect(await source.status()).toMatchObject({ deadLettered: 0, dropped: 2 });
    for (const offset of [0, 1])
      expect(lines).toContainEqual(
        expect.stringMatching(`${mapping.topic}-0@${offset}\\).*dropped.*UNKNOWN_TOPIC_OR_PARTITION`),
      );
  });
});

describe('bisecting', () => {
  test('leaves one poison of a hundred alone, and its neighbours are handled', async () => {
    const { fn, start, send, committed, letters } = await runningWithDestination(1, {
      windowMs: 500,
      bisect: true,
      maximumRetryAttempts: 1,
    });
    const handled: number[] = [];
    fn.answer = (event) => {
      if (isPoisoned(event)) return functionError();
      handled.push(...offsetsOf([event], 0));
      return success();
    };
    await send(0, ...poisonAt(37, 100));
    const source = await start();
    await eventually(async () => expect(await committed()).toEqual([100]));
    expect(offsetsOf([...fn.events.slice(0, 1)], 0)).toHaveLength(100);
    expect(handled).toEqual(
      numbers(100)
        .map(Number)
        .filter((offset) => offset !== 37),
    );
    const written = await letters();
    expect(written.map((letter) => envelopeOf(letter).KafkaBatchInfo.recordInfo.offset)).toEqual(['37']);
    expect(await source.status()).toMatchObject({ delivered: 99, deadLettered: 1 });
  });

  test('keeps a healthy partition from waiting for a poisoned one', async () => {
    const { fn, start, send, committed } = await running(2, { windowMs: 300, bisect: true });
    fn.answer = (event) => (isPoisoned(event) ? functionError() : success());
    await send(0, ...poisonAt(3, 10));
    await send(1, ...numbers(10));
    await start();
    await eventually(async () => expect(await committed()).toEqual([3, 10]));
    await send(1, ...numbers(10));
    await eventually(async () => expect(await committed()).toEqual([3, 20]));
  });
});

test('a partial response gives up the named records alone, without a function error in the letter', async () => {
  const { mapping, fn, start, send, committed, letters } = await runningWithDestination(1, {
    windowMs: 300,
    maximumRetryAttempts: 1,
  });
  const failures = [4, 2].map((offset) => ({ itemIdentifier: { partition: `${mapping.topic}-0`, offset } }));
  fn.answer = () => success({ batchItemFailures: failures });
  await send(0, ...numbers(6));
  await start();
  await eventually(async () => expect(await committed()).toEqual([6]));
  expect(offsetsOf(fn.events, 0)).toEqual([0, 1, 2, 3, 4, 5, 2, 4]);
  expect((await letters()).map((letter) => envelopeOf(letter).responseContext)).toEqual([
    { statusCode: 200, executedVersion: '$LATEST' },
    { statusCode: 200, executedVersion: '$LATEST' },
  ]);
});

test('a record that is too old on arrival is never delivered', async () => {
  const { fn, start, send, committed, letters } = await runningWithDestination(1, {
    windowMs: 300,
    maximumRecordAgeMs: 60_000,
  });
  await send(0, 'young', { value: 'old', timestamp: String(Date.now() - inAnHour) }, 'young');
  await start();
  await eventually(async () => expect(await committed()).toEqual([3]));
  expect(offsetsOf(fn.events, 0)).toEqual([0, 2]);
  expect(envelopeOf((await letters())[0])).toMatchObject({
    requestContext: { condition: 'RecordAgeExceeded', approximateInvokeCount: 0 },
    responseContext: null,
  });
});

describe('a record whose event is larger than 6 MB', () => {
  const allowLarge = async (kafka: Kafka, topics: readonly string[]) => {
    const admin = kafka.admin();
    await admin.connect();
    const configEntries = [{ name: 'max.message.bytes', value: String(16 * 1024 * 1024) }];
    await admin.alterConfigs({
      validateOnly: false,
      resources: topics.map((name) => ({ type: 2, name, configEntries })),
    });
    await admin.disconnect();
  };
  const large = 'x'.repeat(4_800_000);

  test('is never delivered, and goes to the destination', async () => {
    const { kafka, mapping, onFailureTopic, fn, start, send, committed, letters } =
      await runningWithDestination(1);
    await allowLarge(kafka, [mapping.topic, onFailureTopic]);
    await send(0, 'small', large);
    await send(0, 'small');
    await start();
    await eventually(async () => expect(await committed()).toEqual([3]));
    expect(offsetsOf(fn.events, 0)).toEqual([0, 2]);
    const envelope = envelopeOf((await letters())[0]);
    expect(envelope).toMatchObject({
      requestContext: { condition: 'MaximumPayloadSizeExceeded' },
      responseContext: null,
    });
    expect(envelope.KafkaBatchInfo.payloadSize).toBeGreaterThan(6 * 1024 * 1024);
  });

  test('is dropped where the destination does not take it either', async () => {
    const { kafka, mapping, start, send, committed } = await runningWithDestination(1);
    await allowLarge(kafka, [mapping.topic]);
    await send(0, large);
    const lines: string[] = [];
    const source = await start({}, { log: (line) => lines.push(line) });
    await eventually(async () => expect(await committed()).toEqual([1]));
    expect(await source.status()).toMatchObject({ deadLettered: 0, dropped: 1 });
    expect(lines).toContainEqual(expect.stringContaining('MESSAGE_TOO_LARGE'));
  });
});

describe('one record of a hundred for which a real function', () => {
  test.each([
    ['throws', `throw new Error('no')`],
    ['hangs', 'await new Promise((resolve) => setTimeout(resolve, 60_000))'],
    ['blocks its event loop', 'for (;;);'],
    ['exits', 'process.exit(1)'],
    ['answers nonsense', `return { batchItemFailures: 'nonsense' }`],
    [
      'names a record it never got',
      `return { batchItemFailures: [{ itemIdentifier: { partition: 'x-0', offset: 0 } }] }`,
    ],
  ])('%s ends alone in a dead letter, and every neighbour is handled', async (_what, statement) => {
    const fn = await functionOf(
      `export const handler = async ({ records }) => {
        for (const { value } of Object.values(records).flat())
          if (Buffer.from(value, 'base64').toString() === 'poison') { ${statement}; }
      };`,
      { timeoutSeconds: 1 },
    );
    const host = hostOf([fn]);
    await host.warmUp();
    const { start, send, committed, letters } = await runningWithDestination(2, {
      windowMs: 500,
      bisect: true,
      maximumRetryAttempts: 0,
      functionName: fn.name,
    });
    await send(0, ...poisonAt(37, 50));
    await send(1, ...numbers(50));
    const source = await start({}, { invoke: host.invoke });
    await eventually(async () => expect(await committed()).toEqual([50, 50]));
    expect(await source.status()).toMatchObject({ delivered: 99, deadLettered: 1, dropped: 0 });
    expect(envelopeOf((await letters())[0]).KafkaBatchInfo.recordInfo.offset).toBe('37');
  });
});
