import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { expect, it, onTestFinished, vi } from 'vitest';
import { startEmbeddedEngine } from '../../../../local/engines/embedded.ts';
import { cacheFolder } from '../../../../local/engines/install.ts';
import { installKafka, startBroker } from '../../../../local/engines/kafka.ts';
import { installMinistack, startMinistack } from '../../../../local/engines/ministack.ts';
import { freePorts, isFree } from '../../../../local/engines/ports.ts';
import { findTool } from '../../../../local/engines/tools.ts';
import { kafkaClient } from '../../../../local/kafka/client.ts';
import { provision } from '../../../../local/resources/registry.ts';
import { provisioningEngine } from '../../../support/engines.ts';
import { kafkaMapping } from '../../../unit/local/event-sources/fake-mappings.ts';

const region = 'us-east-1';
const named = { logicalId: 'X', path: 'Stack/X' };
const topic = { ...named, name: 'orders', partitions: 3, config: {} };
const table = {
  ...named,
  name: 'outbox',
  keys: [{ name: 'orderId', role: 'HASH', type: 'S' }],
  indexes: [],
  streamView: 'NEW_IMAGE',
  timeToLiveAttribute: undefined,
} as const;
const Item = { orderId: { S: 'ord_1' } };

async function dataFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'orderly-engine-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function start(dataDir: string, ports: { kafka?: number; aws?: number } = {}) {
  const engine = await startEmbeddedEngine({
    dataDir,
    ports,
    log: () => undefined,
    progress: () => undefined,
  });
  onTestFinished(() => engine.stop());
  return engine;
}

const portOf = (address: string) => Number(address.split(':').at(-1));

/** Kafka has its data folder on its command line. */
function brokerOn(dataDir: string): number {
  const rows = execFileSync('ps', ['-axo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  return Number(
    rows
      .find((row) => row.includes('kafka.Kafka') && row.includes(dataDir))
      ?.trim()
      .split(' ')[0],
  );
}

function aws(endpoint: string): DynamoDBClient {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new DynamoDBClient({ endpoint, region, credentials });
  onTestFinished(() => client.destroy());
  return client;
}

async function fill(engine: { bootstrapServers: string; awsEndpoint: string }) {
  const { streamArn } = await provision(provisioningEngine(engine), { topics: [topic], tables: [table] });
  const producer = kafkaClient({ ...engine, clientId: 'test' }).producer();
  await producer.connect();
  await producer.send({ topic: 'orders', messages: [{ value: 'placed', partition: 2 }] });
  await producer.disconnect();
  await aws(engine.awsEndpoint).send(new PutItemCommand({ TableName: 'outbox', Item }));
  return streamArn?.(table.name);
}

async function contents(engine: { bootstrapServers: string; awsEndpoint: string }) {
  // As the local cloud does: until then a broker that has just started may not lead its partitions.
  await provision(provisioningEngine(engine), { topics: [topic] });
  const admin = kafkaClient({ ...engine, clientId: 'test' }).admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets('orders');
  await admin.disconnect();
  const { Items } = await aws(engine.awsEndpoint).send(new ScanCommand({ TableName: 'outbox' }));
  return { records: offsets.find(({ partition }) => partition === 2)?.high, Items };
}

it('goes on where it was when it is started again, on other ports, in a folder with any name and a shell of any language', async () => {
  vi.stubEnv('LC_ALL', 'C');
  onTestFinished(() => void vi.unstubAllEnvs());
  const dataDir = join(await dataFolder(), 'Bücher, 100% #1!=\\n"\'$(id)`\n:;京都 [a]{b}*? ', 'engine');
  const before = await readdir(tmpdir());
  const first = await start(dataDir);
  expect(first).toMatchObject({ kind: 'embedded', account: '000000000000', region });
  const stream = await fill(first);
  await Promise.all([first.stop(), first.stop()]);
  // It was stopped, twice at once: that is no end to tell of.
  const undecided = Symbol('neither');
  expect(await Promise.race([first.exited, Promise.resolve(undecided)])).toBe(undecided);
  expect(await isFree(portOf(first.bootstrapServers))).toBe(true);
  expect(await isFree(portOf(first.awsEndpoint))).toBe(true);

  const second = await start(dataDir);
  expect(second.bootstrapServers).not.toBe(first.bootstrapServers);
  expect(await contents(second)).toEqual({ records: '1', Items: [Item] });
  const { streamArn } = await provision(provisioningEngine(second), { tables: [table] });
  expect(streamArn?.(table.name)).toBe(stream);
  await second.stop();
  expect((await readdir(join(dataDir, 'kafka'))).toSorted()).toEqual(['log', 'server.properties']);
  const strayed = (await readdir(tmpdir())).filter(
    (file) => !before.includes(file) && file.startsWith('ministack'),
  );
  expect(strayed).toEqual([]);
});

it('has a coordinator for each group of its mappings before their members come', async () => {
  const engine = await start(await dataFolder());
  await provision(provisioningEngine(engine), {
    mappings: [kafkaMapping('m', { groupId: 'email-service' })],
  });
  const admin = kafkaClient({ ...engine, clientId: 'test' }).admin({ retry: { retries: 0 } });
  await admin.connect();
  onTestFinished(() => admin.disconnect());
  expect((await admin.describeGroups(['email-service'])).groups).toMatchObject([
    { errorCode: 0, members: [] },
  ]);
});

it('saves its state and leaves no process when its parent is killed; its owner is told when a part of it dies, and the last words of one that dies at start', async () => {
  const dataDir = await dataFolder();
  const entry = fileURLToPath(new URL('./parent.ts', import.meta.url));
  const parent = spawn(process.execPath, [entry, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void parent.kill('SIGKILL'));
  const died = once(parent, 'exit').then(() => Promise.reject(new Error('the parent ended')));
  const [line] = await Promise.race([once(createInterface({ input: parent.stdout }), 'line'), died]);
  const orphan: { bootstrapServers: string; awsEndpoint: string } = JSON.parse(line);
  await fill(orphan);
  expect(brokerOn(dataDir)).toBeGreaterThan(0);

  parent.kill('SIGKILL');
  await expect(died).rejects.toThrow();
  await vi.waitFor(() => expect(brokerOn(dataDir)).toBeNaN(), { timeout: 10_000, interval: 50 });
  await vi.waitFor(async () => expect(await isFree(portOf(orphan.awsEndpoint))).toBe(true), {
    timeout: 10_000,
  });
  const engine = await start(dataDir);
  expect(await contents(engine)).toEqual({ records: '1', Items: [Item] });

  process.kill(brokerOn(dataDir), 'SIGKILL');
  expect(await engine.exited).toMatchObject({ part: 'kafka', exit: { code: null, signal: 'SIGKILL' } });
  await engine.stop();
  expect(await isFree(portOf(engine.awsEndpoint))).toBe(true);

  const damaged = join(dataDir, 'kafka', 'log', 'meta.properties');
  execFileSync('sed', ['-i.bak', 's/node.id=1/node.id=7/', damaged]);
  await expect(start(dataDir)).rejects.toMatchObject({
    code: 'ENGINE_START_FAILED',
    message: expect.stringMatching(/^kafka ended while starting \(code 1\)[\s\S]*node id 7/),
  });
});

it('is refused on a port that is taken, before anything is started', async () => {
  const dataDir = await dataFolder();
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const address = server.address();
  const kafka = typeof address === 'object' ? (address?.port ?? 0) : 0;
  await expect(start(dataDir, { kafka })).rejects.toMatchObject({
    code: 'PORT_TAKEN',
    message: `Taken on 127.0.0.1: port ${kafka}.`,
  });
  expect(await readdir(dataDir)).toEqual([]);
});

it('doesn`t take somebody else on its port for a part of its own, not even one of another engine of ours, nor its folder', async () => {
  const theirs = await dataFolder();
  const stranger = await start(theirs);
  // Records lie below the metadata, and the metadata's lock is what refuses: one that is refused for the records' lock has opened,
  // and may have spoilt, the metadata before.
  expect(await readdir(join(theirs, 'kafka', 'log'))).toContain('records');
  await expect(start(theirs)).rejects.toMatchObject({
    code: 'ALREADY_RUNNING',
    cause: { message: expect.stringMatching(/Failed to acquire lock on file \.lock in \S*log\./) },
  });
  const [controllerPort = 0] = await freePorts(1);
  const onPortOf = async (port: number) =>
    startBroker({
      install: await installKafka(cacheFolder(process.env), process.env, () => undefined),
      dataDir: await dataFolder(),
      port,
      controllerPort,
      javaVersion: (await findTool('java', process.env)).version ?? 'unknown',
      env: process.env,
      log: () => undefined,
    });
  const refusal = { code: 'ENGINE_START_FAILED', message: expect.stringMatching(/already in use/i) };
  await expect(onPortOf(portOf(stranger.bootstrapServers))).rejects.toMatchObject(refusal);
  const ministack = startMinistack({
    folder: await installMinistack(cacheFolder(process.env), process.env, () => undefined),
    dataDir: await dataFolder(),
    port: portOf(stranger.awsEndpoint),
    env: process.env,
    log: () => undefined,
  });
  await expect(ministack).rejects.toMatchObject(refusal);

  const silent = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void silent.close());
  await once(silent, 'listening');
  const address = silent.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  await expect(onPortOf(port)).rejects.toMatchObject(refusal);
});
