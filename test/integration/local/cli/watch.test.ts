import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetFunctionCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { expect, onTestFinished, test, vi } from 'vitest';
import { readRunFile } from '../../../../local/run-file.ts';
import { testEngines } from '../../../support/engines.ts';
import { gone, type OrderlyProcess, orderly } from '../../../support/orderly-process.ts';
import { descendantsOf } from '../../../support/process-tree.ts';

/** A project whose app is a script: a function from `src/greeter.mjs`, and more resources from `src/resources.json`. */
function project(): string {
  const dir = mkdtempSync(join(tmpdir(), 'orderly-watch-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  mkdirSync(join(dir, 'src'));
  const support = import.meta.resolve('../../../support/small-assembly.ts');
  writeFileSync(
    join(dir, 'app.mjs'),
    `import { readFileSync } from 'node:fs';
     import { writeSmallAssembly } from '${support}';
     const code = readFileSync('src/greeter.mjs', 'utf8');
     if (code.includes('SYNTAX')) throw new Error('the greeter can not be bundled');
     const still = { code: 'export const handler = async () => process.pid;' };
     writeSmallAssembly(process.env.CDK_OUTDIR, { Greeter: { code }, Still: still }, JSON.parse(readFileSync('src/resources.json', 'utf8')));`,
  );
  writeFileSync(join(dir, 'cdk.json'), '{"app":"node app.mjs"}');
  writeFileSync(join(dir, 'src/resources.json'), '{}');
  return dir;
}

const greeter = (greeting: string) => `export const handler = async () => ['${greeting}', process.pid];`;

async function upAndWatching(
  dir: string,
): Promise<{ cloud: OrderlyProcess; invoke: (name: string) => Promise<unknown> }> {
  const { bootstrapServers, ministack } = testEngines();
  const cloud = orderly(['up', '--watch', '--engine', 'external', '--port', '0'], {
    cwd: dir,
    env: { KAFKA_BOOTSTRAP_SERVERS: bootstrapServers, AWS_ENDPOINT_URL: ministack },
  });
  onTestFinished(() => cloud.end());
  await cloud.wrote(/watching the sources/);
  const run = readRunFile(join(dir, '.millrace'));
  const client = new LambdaClient({
    endpoint: run?.url ?? '',
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  onTestFinished(() => client.destroy());
  return {
    cloud,
    async invoke(FunctionName) {
      // What the API tells of the code and what runs are one.
      await client.send(new GetFunctionCommand({ FunctionName }));
      const { Payload } = await client.send(new InvokeCommand({ FunctionName }));
      return JSON.parse(Payload?.transformToString() ?? '');
    },
  };
}

test('a saved function answers anew without a restart, a broken one does not stop the old, and nothing is left behind', {
  timeout: 120_000,
}, async () => {
  const dir = project();
  const save = (code: string) => writeFileSync(join(dir, 'src/greeter.mjs'), code);
  save(greeter('one'));
  const { cloud, invoke } = await upAndWatching(dir);
  const [first, oldPid] = (await invoke('greeter')) as [string, number];
  const still = await invoke('still');
  expect(first).toBe('one');

  save(greeter('two'));
  await vi.waitFor(async () => expect(await invoke('greeter')).toMatchObject(['two', expect.any(Number)]), {
    timeout: 30_000,
    interval: 100,
  });
  await cloud.wrote(/new code of App\/Greeter/);
  await gone([{ pid: oldPid }]);
  expect(await invoke('still')).toBe(still);

  save('SYNTAX');
  await cloud.wrote(/the greeter can not be bundled/);
  await cloud.wrote(/The old code goes on/);
  expect(await invoke('greeter')).toMatchObject(['two', expect.any(Number)]);

  save(`throw new RangeError('no greeting');`);
  await cloud.wrote(/greeter does not load: RangeError: no greeting/);

  writeFileSync(join(dir, 'src/resources.json'), JSON.stringify({ Guests: table('guests') }));
  save(greeter('three'));
  await cloud.wrote(/restart needed: table Guests is new/);
  expect(await invoke('greeter')).toMatchObject(['three', expect.any(Number)]);

  // Were what a synthesis writes itself a change of the sources, it would never end.
  expect(cloud.output()).not.toContain('no function has changed');

  const children = descendantsOf(cloud.pid);
  expect(children.filter(({ command }) => command.includes('bootstrap'))).not.toEqual([]);
  cloud.kill('SIGINT');
  expect(await cloud.exited).toEqual({ code: 130, signal: null });
  await gone(children);
});

function table(name: string) {
  return {
    Type: 'AWS::DynamoDB::Table',
    Properties: {
      TableName: name,
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    },
  };
}
