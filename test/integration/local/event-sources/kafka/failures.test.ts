import type { Kafka } from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { functionError, success } from '../../../../support/invocation-results.ts';
import { functionOf, hostOf } from '../../../../unit/local/lambda/host-fixture.ts';
import { eventually } from '../fake-function.ts';
import { type KafkaEvent, offsetsOf, recordsOf, running, runningWithDestination, text } from './running.ts';

const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i));
const poisonAt = (offset: number, count: number) =>
  numbers(count).map((n) => (n === String(offset) ? 'poison' : n));
const isPoisoned = (event: KafkaEvent) => recordsOf([event]).some((record) => text(record) === 'poison');

test('a record is given up by whoever owns its partition, and after a restart not once more', async () => {
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
    const envelope = (await letters())[0]?.envelope;
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
    expect((await letters())[0]?.envelope.KafkaBatchInfo.recordInfo.offset).toBe('37');
  });
});
