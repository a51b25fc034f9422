import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import { spawnGuarded } from '../../../../local/processes/guarded.ts';
import { testEngines } from '../../../support/engines.ts';
import { testKafka, testTopic } from '../../../support/topics.ts';

const script = fileURLToPath(new URL('../../../../docs/examples/read-along.ts', import.meta.url));

test('a topic is read from its beginning by each group, and its partitions are shared within one', async () => {
  const { bootstrapServers } = testEngines();
  const kafka = testKafka(bootstrapServers);
  const topic = await testTopic(kafka);
  const producer = kafka.producer();
  await producer.connect();
  onTestFinished(() => producer.disconnect());
  const send = () =>
    producer.send({
      topic,
      messages: [0, 1, 2].map((partition) => ({
        partition,
        key: `key-${partition}`,
        value: 'x',
        headers: { ce_type: 'OrderPlaced' },
      })),
    });

  const read = (group: string) => {
    const lines: string[] = [];
    const reader = spawnGuarded(process.execPath, [script, bootstrapServers, topic, group], {
      env: process.env,
      grace: 'term',
      onOutput: (line) => lines.push(line),
    });
    onTestFinished(() => reader.stop());
    return { reader, lines };
  };
  const eventually = (check: () => void) => vi.waitFor(check, { timeout: 30_000, interval: 50 });
  const at = (offset: number) =>
    [0, 1, 2].map((partition) => `${topic}-${partition}@${offset}  key-${partition}  OrderPlaced`);

  await send();
  const [group, other] = [randomUUID(), randomUUID()];
  const [one, another] = [read(group), read(other)];
  for (const { lines } of [one, another]) {
    await eventually(() =>
      expect(lines.toSorted()).toEqual([...at(0), 'reads partitions 0, 1, 2'].toSorted()),
    );
  }

  const second = read(group);
  await eventually(() => expect(second.lines).toHaveLength(1));
  await eventually(() => expect(one.lines.at(-1)).toMatch(/^reads partitions \d/));
  await send();
  const shared = () => [...one.lines, ...second.lines].filter((line) => line.includes('@1 '));
  await eventually(() => expect(shared().toSorted()).toEqual(at(1)));
  expect(second.lines.length).toBeGreaterThan(1);

  second.reader.kill('SIGINT');
  expect(await second.reader.exited).toEqual({ code: 0, signal: null });
  await eventually(() => expect(one.lines.at(-1)).toBe('reads partitions 0, 1, 2'));
});

test('what it needs is named', async () => {
  const lines: string[] = [];
  const { exited } = spawnGuarded(process.execPath, [script], {
    env: process.env,
    grace: 'kill',
    onOutput: (line) => lines.push(line),
  });
  expect(await exited).toEqual({ code: 2, signal: null });
  expect(lines).toEqual(['usage: npx node docs/examples/read-along.ts <host:port> <topic> <group>']);
});
