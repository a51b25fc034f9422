import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { testEngines } from '../../../support/engines.ts';
import { type OrderlyProcess, orderly, ran } from '../../../support/orderly-process.ts';
import { type TemplateResource, writeSmallAssembly } from '../../../support/small-assembly.ts';
import { testKafka, testTopic } from '../../../support/topics.ts';

/** Writes each value to a file when it is handled; `slow` takes until the file `go` is there. */
const code = `
  import { appendFileSync, existsSync } from 'node:fs';
  export const handler = async ({ records }) => {
    for (const { value } of Object.values(records).flat()) {
      const text = Buffer.from(value, 'base64').toString();
      if (text === 'slow') appendFileSync(process.env.DIR + '/begun', '.');
      while (text === 'slow' && !existsSync(process.env.DIR + '/go')) await new Promise((done) => setTimeout(done, 20));
      appendFileSync(process.env.DIR + '/seen', text + ' ');
    }
  };`;

function mapping(topic: string, groupId: string, more = {}): TemplateResource {
  return {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: {
      FunctionName: { Ref: 'Consumer' },
      EventSourceArn:
        'arn:aws:kafka:us-east-1:000000000000:cluster/demo/11111111-2222-3333-4444-555555555555-1',
      Topics: [topic],
      AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: groupId },
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: 1,
      ...more,
    },
  };
}

const eventually = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 30_000, interval: 50 });

/** A project with one consumer of a topic of its own, as two groups, the second one disabled by the template. */
async function project() {
  const dir = mkdtempSync(join(tmpdir(), 'orderly-mapping-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const { bootstrapServers, ministack } = testEngines();
  const kafka = testKafka(bootstrapServers);
  const topic = await testTopic(kafka, 1);
  const [busy, idle] = [`busy-${randomUUID()}`, `idle-${randomUUID()}`];
  const [admin, producer] = [kafka.admin(), kafka.producer()];
  await Promise.all([admin.connect(), producer.connect()]);
  onTestFinished(async () => {
    await admin.deleteGroups([busy, idle]).catch(() => undefined);
    await Promise.all([admin.disconnect(), producer.disconnect()]);
  });
  mkdirSync(join(dir, 'app'));
  writeSmallAssembly(
    join(dir, 'app'),
    { Consumer: { code, properties: { Timeout: 60, Environment: { Variables: { DIR: dir } } } } },
    { Busy: mapping(topic, busy), Idle: mapping(topic, idle, { Enabled: false }) },
  );
  const env = { KAFKA_BOOTSTRAP_SERVERS: bootstrapServers, AWS_ENDPOINT_URL: ministack };

  const run = (...args: string[]) => ran(args, { cwd: dir });
  return {
    dir,
    busy,
    idle,
    run,
    send: (...values: string[]) =>
      producer.send({ topic, messages: values.map((value) => ({ value, partition: 0 })) }),
    seen: () =>
      existsSync(join(dir, 'seen')) ? readFileSync(join(dir, 'seen'), 'utf8').trim().split(' ') : [],
    async up(): Promise<OrderlyProcess> {
      const cloud = orderly(['up', '--app', 'app', '--engine', 'external', '--port', '0'], { cwd: dir, env });
      onTestFinished(() => cloud.end());
      await cloud.wrote(/orderly is up/);
      return cloud;
    },
    async states(): Promise<Record<string, string>> {
      const found: { State: string; AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: string } }[] =
        JSON.parse((await run('mapping', 'list', '--json')).output);
      return Object.fromEntries(
        found.map(({ State, AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId } }) => [
          ConsumerGroupId,
          State,
        ]),
      );
    },
    members: async (groupId: string) => (await admin.describeGroups([groupId])).groups[0]?.members.length,
    async committed(groupId: string): Promise<number> {
      const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
      return Number(found?.partitions.find(({ partition }) => partition === 0)?.offset);
    },
  };
}

test('a mapping is disabled when its batch in flight has ended, stays so over a crash, and goes on where it was', {
  timeout: 120_000,
}, async () => {
  const { dir, busy, idle, run, send, seen, up, states, members, committed } = await project();
  const first = await up();
  expect(await states()).toEqual({ [busy]: 'Enabled', [idle]: 'Disabled' });
  await send('a', 'b', 'slow', 'c');
  await eventually(() => expect(existsSync(join(dir, 'begun'))).toBe(true));

  const disabling = run('mapping', 'disable', busy);
  await eventually(async () => expect((await states())[busy]).toBe('Disabling'));
  expect((await run('mapping', 'enable', busy)).output).toContain('MAPPING_IN_USE');
  writeFileSync(join(dir, 'go'), '');

  expect(await disabling).toEqual({ code: 0, output: expect.stringMatching(`as ${busy}: Disabled`) });
  await eventually(async () => expect(await members(busy)).toBe(0));
  expect(seen()).toEqual(['a', 'b', 'slow']);
  expect(await committed(busy)).toBe(3);
  await send('d');

  first.kill('SIGKILL');
  await first.exited;
  await up();
  expect(await states()).toEqual({ [busy]: 'Disabled', [idle]: 'Disabled' });

  expect(await run('mapping', 'enable', busy.slice(0, 12), '--json')).toMatchObject({ code: 0 });
  await eventually(() => expect(seen()).toEqual(['a', 'b', 'slow', 'c', 'd']));
  await eventually(async () => expect(await committed(busy)).toBe(5));

  expect(await run('mapping', 'enable', idle)).toMatchObject({ code: 0 });
  await eventually(() => expect(seen()).toHaveLength(10));
  expect(seen().slice(5)).toEqual(['a', 'b', 'slow', 'c', 'd']);
});

test('a name that fits several mappings, or none, is refused with what there is', {
  timeout: 60_000,
}, async () => {
  const { busy, idle, run, up } = await project();
  await up();

  const several = await run('mapping', 'disable', 'App/Consumer');
  const none = await run('mapping', 'disable', 'nobody');

  expect([several.code, none.code]).toEqual([1, 1]);
  expect(several.output).toMatch(/may be several .*MAPPING_AMBIGUOUS/);
  expect(none.output).toMatch(/no event source mapping nobody .*MAPPING_NOT_FOUND/);
  for (const { output } of [several, none]) {
    expect(output).toContain(busy);
    expect(output).toContain(idle);
  }
  const { output } = await run('mapping', 'list');
  expect(output).toMatch(new RegExp(`as ${busy}\\s+App/Consumer\\s+Enabled`));
});
