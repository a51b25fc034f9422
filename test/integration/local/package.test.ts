import { execFile } from 'node:child_process';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import type { CloudStatus } from '../../../local/cloud-status.ts';
import { commandProcess, gone } from '../../support/orderly-process.ts';
import { descendantsOf } from '../../support/process-tree.ts';
import { writeSmallAssembly } from '../../support/small-assembly.ts';
import { testKafka } from '../../support/topics.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const exec = promisify(execFile);

/** Keeps what it is told of readings, in a table; the SDK is the one that Lambda's Node has, and nothing is bundled. */
const code = `
  import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
  const dynamodb = new DynamoDBClient({});
  export const handler = async ({ records }) => {
    for (const { value } of Object.values(records).flat()) {
      const { station, celsius } = JSON.parse(Buffer.from(value, 'base64').toString());
      console.log('reading of', station);
      const Item = { station: { S: station }, celsius: { N: String(celsius) } };
      await dynamodb.send(new PutItemCommand({ TableName: process.env.READINGS, Item }));
    }
  };`;

/** A folder with an app that knows nothing of orders: its cdk.json names a script, which writes what CDK would have. */
function weatherStation(): string {
  const dir = mkdtempSync(join(realpathSync(tmpdir()), 'weather-'));
  mkdirSync(join(dir, 'synthesized'));
  writeSmallAssembly(
    join(dir, 'synthesized'),
    { Keep: { code, properties: { Environment: { Variables: { READINGS: { Ref: 'Readings' } } } } } },
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
      Mapping: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: {
          FunctionName: { Ref: 'Keep' },
          EventSourceArn:
            'arn:aws:kafka:eu-west-1:000000000000:cluster/sky/11111111-2222-3333-4444-555555555555-1',
          Topics: ['readings'],
          AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: 'keepers' },
          StartingPosition: 'TRIM_HORIZON',
        },
      },
    },
  );
  writeFileSync(
    join(dir, 'app.mjs'),
    `import { cpSync } from 'node:fs';
     cpSync('synthesized', process.env.CDK_OUTDIR, { recursive: true });`,
  );
  writeFileSync(join(dir, 'cdk.json'), '{"app":"node app.mjs"}');
  writeFileSync(join(dir, 'package.json'), '{"name":"weather","private":true,"type":"module"}');
  return dir;
}

/** A weather station that has installed millrace, as `npm install millrace` does once it is published. */
let dir: string;
beforeAll(async () => {
  dir = weatherStation();
  await exec('npm', ['pack', '-w', 'millrace', '--pack-destination', dir], { cwd: root });
  const [tarball = ''] = globSync('*.tgz', { cwd: dir });
  await exec('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`], { cwd: dir });
}, 180_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('it is a package of JavaScript and declarations, and nothing of the repository', () => {
  const installed = join(dir, 'node_modules/millrace');
  expect(realpathSync(installed)).toBe(installed);
  const files = globSync('**/*.ts', { cwd: installed });
  expect(files).toContain('dist/index.d.ts');
  expect(files.filter((file) => !file.endsWith('.d.ts'))).toEqual([]);
  expect(existsSync(join(installed, 'docker-compose.yml'))).toBe(true);
});

test('by itself it runs the app of somebody else', { timeout: 180_000 }, async () => {
  const millrace = (...args: string[]) =>
    commandProcess(join(dir, 'node_modules/.bin/millrace'), args, { cwd: dir });
  const answered = async (...args: string[]) => {
    const command = millrace(...args);
    const { code } = await command.exited;
    expect(code, command.output()).toBe(0);
    return command.output();
  };
  const up = millrace('up', '--engine', 'embedded', '--port', '0');
  onTestFinished(() => up.end());
  await up.wrote(/millrace is up/);
  const started = descendantsOf(up.pid);

  const { engine, outputs, mappings }: CloudStatus = JSON.parse(await answered('status', '--json'));
  expect([outputs, mappings]).toEqual([
    {},
    [expect.objectContaining({ source: expect.stringContaining('readings') })],
  ]);
  const producer = testKafka(engine.bootstrapServers).producer();
  await producer.connect();
  await producer.send({ topic: 'readings', messages: [{ value: '{"station":"Brocken","celsius":-4}' }] });
  await producer.disconnect();

  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const dynamodb = new DynamoDBClient({ endpoint: engine.awsEndpoint, region: engine.region, credentials });
  onTestFinished(() => dynamodb.destroy());
  await vi.waitFor(
    async () => {
      const { Items } = await dynamodb.send(new ScanCommand({ TableName: 'kept-readings' }));
      expect(Items).toEqual([{ station: { S: 'Brocken' }, celsius: { N: '-4' } }]);
    },
    { timeout: 30_000, interval: 100 },
  );
  expect(await answered('logs', 'keep')).toContain('reading of Brocken');

  up.kill('SIGINT');
  expect((await up.exited).code, up.output()).toBe(130);
  await gone(started);
  expect(await answered('reset')).toContain(`removed ${join(dir, '.millrace')}`);
});

test('a program imports it, with its types and as its README does, from the package as in the repository', async () => {
  const script = "console.log(Object.keys(await import('millrace')).join())";
  const exported = async (cwd: string) =>
    (await exec(process.execPath, ['--input-type=module', '--eval', script], { cwd })).stdout
      .trim()
      .split(',');
  expect(await exported(dir)).toContain('startLocalCloud');
  expect(await exported(root)).toEqual(await exported(dir));

  const CONFIG = "await readLocalConfig('millrace.json')";
  const [, program = ''] = /```ts\n(.*?)```/s.exec(readFileSync(join(root, 'local/README.md'), 'utf8')) ?? [];
  expect(program).toContain(CONFIG);
  writeFileSync(join(dir, 'program.mts'), program);
  writeFileSync(join(dir, 'mistaken.mts'), program.replace(CONFIG, '42'));
  const options = [
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    '--module',
    'nodenext',
    '--target',
    'es2024',
    '--lib',
    'es2024,dom',
  ];
  const checked = exec(join(root, 'node_modules/.bin/tsc'), [...options, 'program.mts', 'mistaken.mts'], {
    cwd: dir,
  });
  const { stdout } = await checked.then(
    () => expect.fail('nothing was found wrong'),
    (error: { stdout: string }) => error,
  );
  expect(stdout).toMatch(/^mistaken\.mts\(.*'number' is not assignable/);
  expect(stdout).not.toContain('program.mts');
});
