import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteTableCommand, DynamoDBClient, paginateListTables } from '@aws-sdk/client-dynamodb';
import type { Admin } from 'kafkajs';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import type { TableModel } from '../../../../local/assembly/model.ts';
import { COMPOSE_CLUSTER_ID, type EngineAddresses } from '../../../../local/engines/addresses.ts';
import { cacheFolder } from '../../../../local/engines/cache.ts';
import { chooseEngine, type WantedEngine } from '../../../../local/engines/choose.ts';
import { diagnose } from '../../../../local/engines/diagnose.ts';
import { connectExternalEngine } from '../../../../local/engines/external.ts';
import { startBroker } from '../../../../local/engines/kafka/broker.ts';
import { EMBEDDED_CLUSTER_ID, installKafka } from '../../../../local/engines/kafka/install.ts';
import { installMinistack } from '../../../../local/engines/ministack/install.ts';
import { startMinistack } from '../../../../local/engines/ministack/server.ts';
import { freePorts } from '../../../../local/engines/ports.ts';
import { resetEngine } from '../../../../local/engines/reset.ts';
import { findTool } from '../../../../local/engines/tools.ts';
import { kafkaClient } from '../../../../local/kafka/client.ts';
import { provisionTables } from '../../../../local/provisioning/tables.ts';
import { provisionTopics } from '../../../../local/provisioning/topics.ts';
import { testEngines } from '../../../support/engines.ts';

const region = 'us-east-1';
const model = { logicalId: 'X', path: 'Stack/X', name: 'orders' };
const table: TableModel = {
  ...model,
  keys: [{ name: 'id', role: 'HASH', type: 'S' }],
  indexes: [],
  streamView: undefined,
  timeToLiveAttribute: undefined,
};
const quiet = { log: () => undefined, progress: () => undefined };
const nobody: EngineAddresses = { bootstrapServers: '127.0.0.1:1', awsEndpoint: 'http://127.0.0.1:1' };
const foreign = (): EngineAddresses => {
  const { bootstrapServers, ministack } = testEngines();
  return { bootstrapServers, awsEndpoint: ministack };
};

/** A broker with docker-compose.yml's cluster id and a MiniStack, as Docker would run them, on free ports. */
let compose: EngineAddresses;
let dataDir: string;
let stop: () => Promise<unknown>;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'orderly-compose-'));
  const env = process.env;
  const { log, progress } = quiet;
  const { version: javaVersion = 'unknown' } = await findTool('java', env);
  const kafka = await installKafka(cacheFolder(env), env, progress);
  const formatted = join(dataDir, 'formatted');
  await cp(kafka.formatted, formatted, { recursive: true });
  const properties = join(formatted, 'meta.properties');
  const ours = (await readFile(properties, 'utf8')).replace(EMBEDDED_CLUSTER_ID, COMPOSE_CLUSTER_ID);
  await writeFile(properties, ours);

  const [port = 0, controllerPort = 0, awsPort = 0] = await freePorts(3);
  const install = { ...kafka, formatted };
  const folder = await installMinistack(cacheFolder(env), env, progress);
  const parts = await Promise.all([
    startBroker({
      install,
      dataDir: join(dataDir, 'kafka'),
      port,
      controllerPort,
      javaVersion,
      env,
      log,
    }),
    startMinistack({ folder, dataDir: join(dataDir, 'ministack'), port: awsPort, env, log }),
  ]);
  stop = () => Promise.all(parts.map((part) => part.stop()));
  compose = { bootstrapServers: `127.0.0.1:${port}`, awsEndpoint: `http://127.0.0.1:${awsPort}` };
});

afterAll(async () => {
  await stop();
  await rm(dataDir, { recursive: true });
});

async function choose(wanted: WantedEngine, given: Partial<EngineAddresses>, at: EngineAddresses) {
  const embedded = { dataDir: join(dataDir, 'embedded'), ...quiet };
  const engine = await chooseEngine({ wanted, given, embedded, compose: at });
  onTestFinished(() => engine.stop());
  return engine;
}

async function withAdmin<T>(
  { bootstrapServers }: EngineAddresses,
  use: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = kafkaClient({ bootstrapServers, clientId: 'test' }).admin();
  await admin.connect();
  return use(admin).finally(() => admin.disconnect());
}

const topicsAt = (engine: EngineAddresses) => withAdmin(engine, (admin) => admin.listTopics());

function dynamodb({ awsEndpoint: endpoint }: EngineAddresses): DynamoDBClient {
  return new DynamoDBClient({
    endpoint,
    region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
}

async function tablesAt(engine: EngineAddresses): Promise<readonly string[]> {
  const client = dynamodb(engine);
  const tables: string[] = [];
  for await (const { TableNames = [] } of paginateListTables({ client }, {})) tables.push(...TableNames);
  client.destroy();
  return tables;
}

async function forget(engine: EngineAddresses, name: string): Promise<void> {
  await withAdmin(engine, (admin) => admin.deleteTopics({ topics: [name] }));
  const client = dynamodb(engine);
  await client.send(new DeleteTableCommand({ TableName: name }));
  client.destroy();
}

it('is adopted on its own port, and runs on when it is let go', async () => {
  const engine = await connectExternalEngine({ given: {}, compose });
  expect(engine).toMatchObject({ kind: 'external', ...compose, account: '000000000000', region });
  await engine.stop();
  expect((await connectExternalEngine({ given: {}, compose })).bootstrapServers).toBe(
    compose.bootstrapServers,
  );
});

it('is not adopted where another broker listens on that port, unless its address was given', async () => {
  await expect(connectExternalEngine({ given: {}, compose: foreign() })).rejects.toMatchObject({
    code: 'ENGINE_NOT_OURS',
  });
  expect(await connectExternalEngine({ given: foreign(), compose })).toMatchObject(foreign());
  const { dynamodbLocal: awsEndpoint } = testEngines();
  expect(await connectExternalEngine({ given: { awsEndpoint }, compose })).toMatchObject({
    bootstrapServers: compose.bootstrapServers,
    awsEndpoint,
  });
});

it('is reported as unreachable with every address that does not answer', async () => {
  await expect(connectExternalEngine({ given: {}, compose: nobody })).rejects.toMatchObject({
    code: 'ENGINE_UNREACHABLE',
    message: 'No answer from the broker at 127.0.0.1:1 and the AWS endpoint http://127.0.0.1:1.',
  });
});

it('is chosen by itself where it runs or an address is given, and else the embedded engine is', async () => {
  expect(await choose('auto', {}, compose)).toMatchObject({ kind: 'external', ...compose });
  expect(await choose('auto', foreign(), nobody)).toMatchObject({ kind: 'external', ...foreign() });
  const embedded = await choose('auto', {}, foreign());
  expect(embedded.kind).toBe('embedded');
  await embedded.stop();
  expect((await choose('auto', {}, nobody)).kind).toBe('embedded');
});

it('is told from another broker by a diagnosis', async () => {
  const cacheDir = dataDir;
  expect((await diagnose({ cacheDir, compose })).compose.broker).toBe('ours');
  expect((await diagnose({ cacheDir, compose: foreign() })).compose.broker).toBe('another');
});

it('forgets its topics and tables on reset, and runs on', async () => {
  await provisionTopics({ ...compose, kind: 'external' }, [{ ...model, partitions: 1, config: {} }]);
  await provisionTables(compose.awsEndpoint, region, [table]);
  expect([await topicsAt(compose), await tablesAt(compose)]).toEqual([['orders'], ['orders']]);

  const engine = await connectExternalEngine({ given: {}, compose });
  await resetEngine(engine, dataDir, compose);
  await resetEngine(engine, dataDir, compose);
  expect([await topicsAt(compose), await tablesAt(compose)]).toEqual([[], []]);
});

it('is never reset where it is another, in whole or in part', async () => {
  const name = `precious-${randomUUID()}`;
  await provisionTopics({ ...foreign(), kind: 'external' }, [{ ...model, name, partitions: 1, config: {} }]);
  await provisionTopics({ ...compose, kind: 'external' }, [{ ...model, name, partitions: 1, config: {} }]);
  await provisionTables(foreign().awsEndpoint, region, [{ ...table, name }]);
  onTestFinished(() => forget(foreign(), name));

  for (const given of [
    foreign(),
    { bootstrapServers: foreign().bootstrapServers },
    { awsEndpoint: foreign().awsEndpoint },
  ]) {
    const engine = await connectExternalEngine({ given, compose });
    await expect(resetEngine(engine, dataDir, compose)).rejects.toMatchObject({ code: 'ENGINE_NOT_OURS' });
  }
  expect(await topicsAt(foreign())).toContain(name);
  expect(await topicsAt(compose)).toContain(name);
  expect(await tablesAt(foreign())).toContain(name);
});
