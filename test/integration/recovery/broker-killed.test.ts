import { expect, test, vi } from 'vitest';
import {
  type KafkaEvent,
  offsetsOf,
  recordsOf,
  running,
  text,
} from '../local/event-sources/kafka/running.ts';
import { ownBroker } from './own-broker.ts';
import { steadyProducer } from './steady-producer.ts';

const PARTITIONS = [0, 1, 2];

/** Waits longer than for a broker that is there: it has to start, and the members to find it again. */
const inTime = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 60_000, interval: 50 });

test('a broker that is killed under load and comes back loses nothing, and its mapping goes on', {
  timeout: 180_000,
}, async () => {
  const broker = await ownBroker();
  const { kafka, mapping, fn, start, committed } = await running(3, { windowMs: 20 }, broker);
  const said: string[] = [];
  const source = await start({}, { log: (line) => said.push(line) });
  const producer = await steadyProducer(kafka, mapping.topic, PARTITIONS.length);
  const acknowledged = () => PARTITIONS.map((partition) => producer.acknowledged[partition]?.length ?? 0);
  await inTime(() => expect(Math.min(...acknowledged())).toBeGreaterThan(200));

  await broker.kill();
  const before = acknowledged();
  await inTime(async () =>
    expect(await source.status()).toMatchObject({
      state: 'Enabled',
      lastProcessingResult: expect.stringMatching(/^PROBLEM: Connection error/),
      partitions: [],
    }),
  );
  await broker.restart();
  await inTime(() => {
    for (const [partition, count] of acknowledged().entries())
      expect(count).toBeGreaterThan((before[partition] ?? 0) + 200);
  });
  await producer.stop();

  await inTime(async () => {
    const status = await source.status();
    expect(status.lastProcessingResult).toBe('OK');
    expect(status.partitions.map(({ lag }) => lag)).toEqual([0, 0, 0]);
    expect(status.partitions.map(({ end }) => end)).toEqual(await committed());
  });
  for (const partition of PARTITIONS) {
    expect(new Set(valuesOf(fn.events, partition))).toEqual(new Set(producer.acknowledged[partition]));
    const first = [...new Set(offsetsOf(fn.events, partition))];
    expect(first).toEqual(first.toSorted((a, b) => a - b));
  }
  expect(said.filter((line) => line.includes('the broker is'))).toEqual([
    expect.stringContaining('the broker is gone'),
    expect.stringContaining('the broker is back'),
  ]);
});

function valuesOf(events: readonly KafkaEvent[], partition: number): string[] {
  return recordsOf(events)
    .filter((record) => record.partition === partition)
    .map(text);
}
