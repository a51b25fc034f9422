import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import kafkajs, { type Message } from 'kafkajs';
import { expect, test } from 'vitest';
import { functionError } from '../../../../support/invocation-results.ts';
import { adminOf, testTopic } from '../../../../support/topics.ts';
import { eventually } from '../fake-function.ts';
import { recordsOf, running } from './running.ts';

const NOW = 1_790_000_000_000;
/** What producers make of a time: nanoseconds, none, before all time, the last there is. */
const TIMES = [`${NOW}000000`, '-1', '0', '9223372036854775807', '-9223372036854775807', '-62135596800001'];

const ANY_TIME = { 'message.timestamp.after.max.ms': '9223372036854775807', 'max.message.bytes': '100000' };

const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array));
const text = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', '', '\u0000', 'ce_id'),
  fc.string({ maxLength: 20 }),
);
const oddRecord = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  timestamp: fc.constantFrom(...TIMES, String(NOW)),
  headers: fc.dictionary(text, fc.oneof(bytes, fc.array(bytes, { minLength: 1, maxLength: 3 })), {
    maxKeys: 5,
  }),
});

test('whatever a record holds, it is delivered, given up to its destination, and its partition goes on', async () => {
  const world = await running(2);
  const onFailureTopic = await testTopic(world.kafka, 1);
  const odd: Message[] = [
    ...TIMES.map((timestamp) => ({ value: timestamp, timestamp })),
    {
      value: 'many headers',
      headers: Object.fromEntries(Array.from({ length: 3_000 }, (_, n) => [`h${n}`, ''])),
    },
    { value: randomBytes(45_000) },
    ...fc.sample(oddRecord, { numRuns: 150, seed: 11 }),
  ];
  const { fn, start, send, committed, kafka, mapping } = world;
  const admin = await adminOf(kafka);
  // Brokers before Kafka 4 take any time, and so does a topic that says so.
  const configEntries = Object.entries(ANY_TIME).map(([name, value]) => ({ name, value }));
  const resources = [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: mapping.topic, configEntries }];
  await admin.alterConfigs({ validateOnly: false, resources });
  fn.answer = functionError;
  for (const [n, record] of odd.entries()) await send(n % 2, record);
  const lines: string[] = [];
  const source = await start(
    { onFailureTopic, maximumRetryAttempts: 0, batchSize: 50 },
    { log: (line) => lines.push(line) },
  );
  const [even, uneven] = [Math.ceil(odd.length / 2), Math.floor(odd.length / 2)];
  await eventually(async () => expect(await committed()).toEqual([even, uneven]));

  const { deadLettered, dropped } = await source.status();
  const [letters] = await admin.fetchTopicOffsets(onFailureTopic);
  expect([deadLettered + dropped, letters?.high]).toEqual([odd.length, String(deadLettered)]);
  // Too large for the destination: a record of 45 kB, and one whose headers are a long text in the letter.
  expect(dropped).toBeLessThanOrEqual(2);
  expect(lines.filter((line) => line.includes('given up'))).toHaveLength(dropped);
  const times = new Set(
    recordsOf(fn.events).map((record) => JSON.stringify('timestamp' in record && record.timestamp)),
  );
  for (const time of TIMES) expect(times).toContain(JSON.stringify(Number(time)));
});
