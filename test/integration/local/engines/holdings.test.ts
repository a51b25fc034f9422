import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { demo } from '../../../../cli/demo/demo.ts';
import { reset } from '../../../../local/cli/commands/reset.ts';
import type { Terminal } from '../../../../local/cli/terminal.ts';
import type { LocalCloud } from '../../../../local/cloud.ts';
import { COMPOSE } from '../../../../local/engines/engine.ts';
import { connectExternalEngine } from '../../../../local/engines/external.ts';
import { kafkaClient } from '../../../../local/kafka/client.ts';
import { provision } from '../../../../local/resources/registry.ts';
import { stateDirOf } from '../../../../local/run-file.ts';
import { appCloud } from '../../../support/app-cloud.ts';
import { testAssembly } from '../../../support/assembly.ts';
import { type ComposeEngine, startComposeEngine } from '../../../support/compose-engine.ts';
import { contentsOf } from '../../../support/engine-contents.ts';
import { silentTerminal } from '../../../support/silent-terminal.ts';
import { writeSmallAssembly } from '../../../support/small-assembly.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'orderly-holdings-'));
/** docker-compose.yml's engine, on free ports, for everybody who looks for it. */
let compose: ComposeEngine;
const usual = { ...COMPOSE };

beforeAll(async () => {
  compose = await startComposeEngine(join(folder, 'engine'));
  const { bootstrapServers, awsEndpoint } = compose;
  Object.assign(COMPOSE, { bootstrapServers, awsEndpoint });
});
afterAll(async () => {
  Object.assign(COMPOSE, usual);
  await compose.stop();
  rmSync(folder, { recursive: true });
});

/** Somebody else's, in the same engine. */
const theirs = {
  topics: ['precious-topic'],
  groups: [],
  tables: ['precious-table'],
  buckets: ['precious-bucket'],
};
beforeEach(async () => {
  const model = { logicalId: 'X', path: 'Theirs/X' };
  const engine = { ...compose, region: 'us-east-1', kind: 'external' } as const;
  await provision(engine, {
    topics: [{ ...model, name: 'precious-topic', partitions: 1, config: {} }],
    tables: [
      {
        ...model,
        name: 'precious-table',
        keys: [{ name: 'id', role: 'HASH', type: 'S' }],
        indexes: [],
        streamView: undefined,
        timeToLiveAttribute: undefined,
      },
    ],
    buckets: [{ ...model, name: 'precious-bucket' }],
  });
});

const project = () => mkdtempSync(join(folder, 'project-'));

const SKY = 'arn:aws:kafka:eu-west-1:000000000000:cluster/sky/11111111-2222-3333-4444-555555555555-1';

/** An app that has one of each. */
const archive = join(folder, 'archive-app');
mkdirSync(archive);
writeSmallAssembly(
  archive,
  {
    Keep: {
      code: 'export const handler = async () => undefined;',
      properties: {
        Environment: { Variables: { READINGS: { Ref: 'Readings' }, ARCHIVE: { Ref: 'Archive' } } },
      },
    },
  },
  {
    Readings: {
      Type: 'AWS::DynamoDB::Table',
      Properties: {
        TableName: 'kept-readings',
        AttributeDefinitions: [{ AttributeName: 'station', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'station', KeyType: 'HASH' }],
        BillingMode: 'PAY_PER_REQUEST',
      },
    },
    Topic: {
      Type: 'AWS::MSK::Topic',
      Properties: {
        ClusterArn: SKY,
        TopicName: 'readings',
        PartitionCount: 1,
        ReplicationFactor: 3,
      },
    },
    Archive: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'archived-readings' } },
    Mapping: {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: {
        FunctionName: { Ref: 'Keep' },
        EventSourceArn: SKY,
        Topics: ['readings'],
        AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: 'keepers' },
        StartingPosition: 'TRIM_HORIZON',
      },
    },
  },
);

/** Runs that app in a project folder, on docker-compose.yml's engine unless it is named. */
async function upIn(dir: string, given = {}): Promise<LocalCloud> {
  const cloud = await appCloud(stateDirOf(dir), {
    app: archive,
    configured: (config) => ({ ...config, functions: {} }),
    startEngine: () => connectExternalEngine({ given }),
  });
  onTestFinished(() => cloud.stop());
  return cloud;
}

/** Runs `millrace reset`, and answers what it said. */
async function resetIn(dir: string): Promise<string> {
  const said: string[] = [];
  const terminal: Terminal = { ...silentTerminal, out: (line) => said.push(line) };
  await reset(dir, terminal);
  return said.join('\n');
}

/** Resolves when the group has members. */
async function membersOf(groupId: string): Promise<void> {
  const admin = kafkaClient({ ...compose, clientId: 'test' }).admin();
  await admin.connect();
  const members = async () =>
    (await admin.describeGroups([groupId])).groups.flatMap((group) => group.members);
  await vi
    .waitFor(async () => expect(await members()).not.toEqual([]), { timeout: 30_000, interval: 100 })
    .finally(() => admin.disconnect());
}

const demoOnIt = (terminal = silentTerminal) =>
  demo(
    root,
    { orders: 40, json: true, app: testAssembly(), engine: 'external' },
    terminal,
    new AbortController().signal,
  );

it('stay where another folder is reset; their own reset deletes them, by name, and nothing of anybody else', async () => {
  const [dir, other] = [project(), project()];
  await (await upIn(dir)).stop();
  const before = await contentsOf(compose);
  expect(before).toEqual({
    topics: ['precious-topic', 'readings'],
    groups: ['keepers'],
    tables: ['kept-readings', 'precious-table'],
    buckets: ['archived-readings', 'precious-bucket'],
  });

  expect(await resetIn(other)).toBe(`removed ${stateDirOf(other)}`);
  expect(await contentsOf(compose)).toEqual(before);

  const said = await resetIn(dir);
  for (const name of Object.values(before).flat())
    expect(said.includes(name)).toBe(!name.startsWith('precious'));
  expect(await contentsOf(compose)).toEqual(theirs);
  expect(existsSync(stateDirOf(dir))).toBe(false);
});

it('stay in an engine that was named by its address, and reset says so', async () => {
  const [dir, cleaner] = [project(), project()];
  const { bootstrapServers, awsEndpoint } = compose;
  await (await upIn(dir, { bootstrapServers, awsEndpoint })).stop();
  const before = await contentsOf(compose);

  expect(await resetIn(dir)).toMatch(/^left as it is: the engine at .*\n.*topics readings;/);
  expect(await contentsOf(compose)).toEqual(before);
  await (await upIn(cleaner)).stop();
  await resetIn(cleaner);
});

it('stay, all of them, while another local cloud works with them', async () => {
  const [dir, other] = [project(), project()];
  await (await upIn(dir)).stop();
  const running = await upIn(other);
  await membersOf('keepers');
  const before = await contentsOf(compose);

  await expect(resetIn(dir)).rejects.toMatchObject({ code: 'ALREADY_RUNNING' });
  expect(await contentsOf(compose)).toEqual(before);
  await running.stop();
  await resetIn(dir);
  expect(await contentsOf(compose)).toEqual(theirs);
});

it('of a demo are new, and gone at its end; it is exact a second time, though mails are still listed', async () => {
  expect(await demoOnIt()).toMatchObject({ exact: true });
  expect(await contentsOf(compose)).toEqual(theirs);
  expect(await demoOnIt()).toMatchObject({ exact: true });
  expect(await contentsOf(compose)).toEqual(theirs);
});

it('that are there already stop a demo, by name, and stay', async () => {
  const dir = project();
  const app = await appCloud(stateDirOf(dir), { startEngine: () => connectExternalEngine({ given: {} }) });
  await app.stop();
  const before = await contentsOf(compose);
  await expect(demoOnIt()).rejects.toMatchObject({
    code: 'ENGINE_NOT_EMPTY',
    message: expect.stringMatching(
      /topics orders, orders\.dead-letters; consumer groups .*; tables .*; buckets /,
    ),
  });
  expect(await contentsOf(compose)).toEqual(before);
  await resetIn(dir);
});

it('that an engine has lost under a running local cloud end it, and a restart makes them again', async () => {
  const dir = project();
  const cloud = await upIn(dir);
  await fetch(`${compose.awsEndpoint}/_ministack/reset`, { method: 'POST' });
  const { code, message, remedy } = await cloud.emptied;
  expect([code, remedy]).toEqual([
    'ENGINE_EMPTIED',
    ['They are made again at the next start: npx millrace up'],
  ]);
  expect(message).toMatch(/gone are tables \S/);
  await cloud.stop();

  const again = await upIn(dir);
  expect((await contentsOf(compose)).tables).toEqual(again.model.tables.map(({ name }) => name).sort());
  await again.stop();
  await resetIn(dir);
});

it('keep a folder whose engine does not answer: nothing is removed, and two remedies are named', async () => {
  const dir = project();
  await (await upIn(dir)).stop();
  await compose.stop();
  await expect(resetIn(dir)).rejects.toMatchObject({
    code: 'ENGINE_UNREACHABLE',
    remedy: [expect.stringContaining('docker-compose.yml up -d --wait'), expect.stringContaining(' down -v')],
  });
  expect(existsSync(stateDirOf(dir))).toBe(true);
});
