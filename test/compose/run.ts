/**
 * docker-compose.yml, run for real, in a project and with volumes of its own: what is stored there is the same after every
 * way to stop and start it, `reset` and the demo leave nothing behind and touch nothing else, and an engine that is
 * emptied ends the local cloud.
 *
 *     npm run test:compose
 *
 * Where it can't be run it is skipped, with a word and exit code 0. Its ports are docker-compose.yml's own: the user's
 * engine has to be stopped meanwhile, and is never touched.
 */
import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { parse } from 'yaml';
import { z } from 'zod';
import { Interrupted, interruption, unlessInterrupted } from '../../local/cli/interruption.ts';
import { sentMails } from '../../local/cli/mailbox.ts';
import { runningCloud } from '../../local/cli/running-cloud.ts';
import { synthesize } from '../../local/cli/synthesize.ts';
import { ACCOUNT, COMPOSE, REGION } from '../../local/engines/engine.ts';
import { isFree } from '../../local/engines/ports.ts';
import { kafkaClient } from '../../local/kafka/client.ts';
import { type Exit, type GuardedProcess, run, spawnGuarded } from '../../local/processes/guarded.ts';
import { until } from '../faults/world/waiting.ts';
import { contentsOf } from '../support/engine-contents.ts';
import { whyNot } from './why-not.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const file = join(root, 'docker-compose.yml');
const project = `orderly-test-${process.pid}`;
const NOTHING = { topics: [], groups: [], tables: [], buckets: [] };

// Names of an engine, or of services, that somebody has exported are not meant for this.
const {
  KAFKA_BOOTSTRAP_SERVERS: _broker,
  AWS_ENDPOINT_URL: _endpoint,
  COMPOSE_PROFILES: _profiles,
  ...env
} = process.env;
const say = (text: string) => process.stdout.write(`${text}\n`);
const begin = performance.now();
const progress = (text: string) =>
  process.stderr.write(`${((performance.now() - begin) / 1_000).toFixed(1).padStart(6)} s  ${text}\n`);
const interrupted = interruption(progress);

const inProject = ['compose', '-p', project, '-f', file];
const bin = join(root, 'bin/orderly.ts');

/** Runs a command to its end, which an interruption brings about; what it has begun is then known to be over. */
async function command(program: string, args: readonly string[], cwd = root) {
  interrupted.throwIfAborted();
  const output: string[] = [];
  const child = spawnGuarded(program, args, {
    cwd,
    env,
    grace: 'term',
    onOutput: (line) => output.push(line),
  });
  const end = () => void child.stop();
  interrupted.addEventListener('abort', end);
  const { code } = await child.exited;
  interrupted.removeEventListener('abort', end);
  interrupted.throwIfAborted();
  return { code, output: output.join('\n') };
}

/** Answers what a command wrote; throws that unless it ended with the code. */
async function answer(program: string, args: readonly string[], cwd = root, expected = 0): Promise<string> {
  const { code, output } = await command(program, args, cwd);
  if (code !== expected) throw new Error(`${args.join(' ')} ended with ${code}:\n${output}`);
  return output;
}
const compose = (...args: readonly string[]) => answer('docker', [...inProject, ...args]);
const orderly = (cwd: string, ...args: readonly string[]) => answer(process.execPath, [bin, ...args], cwd);

/** Names of the volumes that the project's containers have. */
async function mounted(): Promise<readonly string[]> {
  const ids = (await compose('ps', '-q')).split('\n');
  const format = '{{range .Mounts}}{{if eq .Type "volume"}}{{println .Name}}{{end}}{{end}}';
  const names = await answer('docker', ['inspect', '--format', format, ...ids]);
  return names.split('\n').filter(Boolean).sort();
}

const clouds: GuardedProcess[] = [];

/** A local cloud in a process of its own, in a folder. */
async function up(dir: string, app: string) {
  const output: string[] = [];
  let exit: Exit | undefined;
  const child = spawnGuarded(
    process.execPath,
    [bin, 'up', '--engine', 'external', '--app', app, '--port', '0'],
    { cwd: dir, env, grace: 'term', onOutput: (line) => output.push(line) },
  );
  clouds.push(child);
  void child.exited.then((ended) => {
    exit = ended;
  });
  const isUp = () => output.some((line) => line.includes('orderly is up'));
  await unlessInterrupted(
    until('the local cloud is up', () => isUp() || exit !== undefined),
    interrupted,
  );
  if (!isUp()) throw new Error(`orderly up ended:\n${output.join('\n')}`);
  return {
    output,
    exited: child.exited,
    /** As Ctrl-C does. */
    async stop(): Promise<void> {
      child.kill('SIGINT');
      await child.exited;
      assert.match(output.at(-1) ?? '', /stopped/);
    },
  };
}

/** Places orders, and waits until each has its mail and its shipment. */
async function order(dir: string, count: number, all: number, mails: number): Promise<void> {
  await orderly(dir, 'order', '--count', String(count));
  const { outputs } = (await runningCloud(dir)).status;
  const rows = async (output: string) => (await items(outputs[`orderly-orders.${output}`] ?? '')).length;
  const effects = async () => ({
    orders: await rows('OrdersTable'),
    outbox: await rows('OutboxTable'),
    shipments: await rows('ShipmentsTable'),
    mails: (await sentMails(COMPOSE.awsEndpoint, ACCOUNT)).length,
  });
  const expected = { orders: all, outbox: 0, shipments: all, mails };
  let seen: unknown;
  await unlessInterrupted(
    until('each order has its effects', async () => {
      seen = await effects();
      return JSON.stringify(seen) === JSON.stringify(expected);
    }),
    interrupted,
  ).catch((error: unknown) => {
    if (error instanceof Interrupted) throw error;
    assert.deepEqual(seen, expected);
  });
}

async function items(TableName: string): Promise<readonly string[]> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new DynamoDBClient({ endpoint: COMPOSE.awsEndpoint, region: REGION, credentials });
  const found: string[] = [];
  for await (const { Items = [] } of paginateScan({ client }, { TableName }))
    found.push(...Items.map((item) => JSON.stringify(item)));
  client.destroy();
  return found.sort();
}

/** All that is stored: names, items, the ends of topics, and where each group is. */
async function stored() {
  const contents = await contentsOf(COMPOSE);
  const admin = kafkaClient({ ...COMPOSE, clientId: 'test' }).admin();
  await admin.connect();
  try {
    const tables: Record<string, readonly string[]> = {};
    for (const table of contents.tables) tables[table] = await items(table);
    const ends: Record<string, unknown> = {};
    for (const topic of contents.topics)
      ends[topic] = (await admin.fetchTopicOffsets(topic)).map(({ high }) => high);
    const groups: Record<string, unknown> = {};
    for (const groupId of contents.groups)
      groups[groupId] = await admin.fetchOffsets({ groupId, topics: [...contents.topics] });
    return { contents, tables, ends, groups };
  } finally {
    await admin.disconnect();
  }
}

async function story(dir: string): Promise<void> {
  const app = join(dir, 'cdk.out');
  const [one, other] = [join(dir, 'one'), join(dir, 'other')];
  for (const folder of [one, other]) {
    await mkdir(folder);
    await cp(join(root, 'millrace.json'), join(folder, 'millrace.json'));
  }
  await synthesize(root, app, interrupted);
  progress('docker compose up -d --wait');
  await compose('up', '-d', '--wait');
  assert.deepEqual(
    await mounted(),
    [`${project}_kafka`, `${project}_ministack`],
    'volumes with a name alone',
  );

  progress('20 orders; restart under a running local cloud; 5 orders');
  const first = await up(one, app);
  await order(one, 20, 20, 20);
  await compose('restart');
  await compose('up', '-d', '--wait');
  await order(one, 5, 25, 5);
  await first.stop();
  const before = await stored();

  progress('all is stored after stop and down');
  for (const way of ['stop', 'down']) {
    await compose(way);
    await compose('up', '-d', '--wait');
    assert.deepEqual(await stored(), before, `after docker compose ${way}`);
  }

  progress('it goes on where it was: 5 orders, and nobody is thanked twice');
  const second = await up(one, app);
  await order(one, 5, 30, 5);
  await second.stop();
  const full = await stored();

  progress('another folder’s reset and a demo leave all of it alone');
  assert.match(await orderly(other, 'reset'), /^removed /);
  const refused = await answer(process.execPath, [bin, 'demo', '--engine', 'external'], root, 1);
  assert.match(refused, /ENGINE_NOT_EMPTY/);
  assert.deepEqual(await stored(), full);

  progress('reset deletes what it names');
  const said = await orderly(one, 'reset');
  for (const name of Object.values(full.contents).flat()) assert.ok(said.includes(name), `${name} is named`);
  assert.deepEqual(await contentsOf(COMPOSE), NOTHING);

  progress('the demo is exact, and leaves nothing');
  const demo = await orderly(root, 'demo', '--engine', 'external', '--orders', '60');
  assert.match(demo, /Every count is exact/);
  assert.deepEqual(await contentsOf(COMPOSE), NOTHING);

  progress('an engine that is made anew ends the local cloud');
  const third = await up(one, app);
  await compose('down', '-v');
  await compose('up', '-d', '--wait');
  const { code } = await unlessInterrupted(third.exited, interrupted);
  assert.equal(code, 1);
  assert.match(third.output.join('\n'), /gone are topics .*tables .*ENGINE_EMPTIED/);
}

const Services = z.object({
  services: z.record(z.string(), z.object({ image: z.string(), profiles: z.array(z.string()).optional() })),
});
const { services } = Services.parse(parse(await readFile(file, 'utf8')));
const images = Object.values(services).flatMap(({ image, profiles }) => (profiles ? [] : [image]));
const ports = [COMPOSE.bootstrapServers.split(':')[1], new URL(COMPOSE.awsEndpoint).port].map(Number);
const docker = async (...args: readonly string[]) => (await command('docker', args)).code === 0;

let dir: string | undefined;
try {
  const why = await whyNot({ docker, isFree }, ports, images);
  if (why !== undefined) {
    say(`skipped: ${why}`);
  } else {
    dir = await mkdtemp(join(tmpdir(), 'orderly-compose-'));
    try {
      await story(dir);
    } finally {
      await Promise.all(clouds.map((cloud) => cloud.stop()));
      progress('docker compose --profile localstack down -v');
      // An interruption doesn't end this.
      const { exit, output } = await run('docker', [...inProject, '--profile', 'localstack', 'down', '-v'], {
        env,
      });
      if (exit.code !== 0) progress(output.join('\n'));
    }
    const left = await answer('docker', ['volume', 'ls', '-q', '--filter', `name=${project}`]);
    assert.equal(left, '', 'no volume is left');
    say(
      `docker-compose.yml does what README.md says of it (${((performance.now() - begin) / 1_000).toFixed(0)} s)`,
    );
  }
} catch (error) {
  // What is interrupted may fail in its own words.
  const reason: unknown = interrupted.aborted ? interrupted.reason : error;
  if (reason instanceof Interrupted) process.exitCode = reason.exitCode;
  else {
    process.exitCode = 1;
    progress(reason instanceof Error ? (reason.stack ?? reason.message) : String(reason));
  }
} finally {
  if (dir !== undefined) await rm(dir, { recursive: true, force: true });
}
