import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { syntheses, synthesize } from '../../../../local/cli/synthesize.ts';
import { gone } from '../../../support/orderly-process.ts';

/** A project folder of that name, whose app writes where it was told to synthesize to. */
function project(name: string): string {
  const parent = mkdtempSync(join(tmpdir(), 'orderly-synth-'));
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  const dir = join(parent, name);
  mkdirSync(dir);
  writeFileSync(join(dir, 'cdk.json'), JSON.stringify({ app: 'node app.mjs' }));
  writeFileSync(
    join(dir, 'app.mjs'),
    `import { writeFileSync } from 'node:fs'; writeFileSync('told', process.env.CDK_OUTDIR);`,
  );
  return dir;
}

it('runs the app of a folder with any name', async () => {
  const dir = project(`Bücher, 100% #1!="'$(id)\`;京都\n[a]{b}*? `);
  await synthesize(dir, join(dir, 'out'));
  expect(readFileSync(join(dir, 'told'), 'utf8')).toBe(join(dir, 'out'));
});

it('tells the app what was looked up before, under what its cdk.json and the command line say', async () => {
  const dir = project('app');
  writeFileSync(
    join(dir, 'cdk.json'),
    JSON.stringify({ app: 'echo "$CDK_CONTEXT_JSON" > told', context: { a: 2, b: 2 } }),
  );
  writeFileSync(join(dir, 'cdk.context.json'), JSON.stringify({ a: 1, b: 1, 'ssm:/shop/host': 'shop' }));
  await synthesize(dir, join(dir, 'out'), undefined, { b: '3' });
  expect(JSON.parse(readFileSync(join(dir, 'told'), 'utf8'))).toMatchObject({
    a: 2,
    b: '3',
    'ssm:/shop/host': 'shop',
  });
});

it.each([
  ['a:b', ':'],
  ['a\\b', '\\'],
])('refuses %j by name: no Node project runs there', async (name, character) => {
  const dir = project(name);
  await expect(synthesize(dir, join(dir, 'out'))).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining(`the path of ${dir} has a ${character} in it`),
  });
});

/** A project whose app tells, in `told`, what stands in `source`, its context, and when CDK was loaded for it; CDK tells in `loaded` by whom. */
function preparedProject() {
  const dir = project('app');
  mkdirSync(join(dir, 'node_modules/aws-cdk-lib'), { recursive: true });
  writeFileSync(join(dir, 'node_modules/aws-cdk-lib/package.json'), '{"main":"index.js"}');
  writeFileSync(
    join(dir, 'node_modules/aws-cdk-lib/index.js'),
    "globalThis.loadedAt = Date.now(); require('node:fs').writeFileSync('loaded', String(process.pid));",
  );
  writeFileSync(
    join(dir, 'app.mjs'),
    `import 'aws-cdk-lib';
     import { readFileSync, writeFileSync } from 'node:fs';
     const { context } = JSON.parse(process.env.CDK_CONTEXT_JSON);
     writeFileSync('told', JSON.stringify({ source: readFileSync('source', 'utf8'), context, loadedAt }));`,
  );
  writeFileSync(join(dir, 'source'), 'one');
  const app = syntheses(dir, join(dir, 'out'), join(dir, 'syntheses'));
  onTestFinished(() => app.stop());
  return {
    dir,
    app,
    told: () => JSON.parse(readFileSync(join(dir, 'told'), 'utf8')),
    /** The process that stands by, when it has loaded CDK. */
    async standing(): Promise<number> {
      rmSync(join(dir, 'loaded'), { force: true });
      await app.prepare();
      await vi.waitUntil(() => existsSync(join(dir, 'loaded')), { timeout: 20_000 });
      await vi.waitUntil(() => readFileSync(join(dir, 'loaded'), 'utf8') !== '');
      return Number(readFileSync(join(dir, 'loaded'), 'utf8'));
    },
  };
}

it('has CDK loaded before a change is there, and reads of the app nothing before', async () => {
  const { dir, app, told, standing } = preparedProject();
  await app.synthesize();
  await standing();
  const changedAt = Date.now();
  writeFileSync(join(dir, 'source'), 'two');
  await app.synthesize();
  expect(told()).toMatchObject({ source: 'two' });
  expect(told().loadedAt).toBeLessThanOrEqual(changedAt);

  // Nobody has prepared this one.
  writeFileSync(join(dir, 'source'), 'three');
  await app.synthesize();
  expect(told()).toMatchObject({ source: 'three' });
  expect(told().loadedAt).toBeGreaterThan(changedAt);
});

it('leaves one that stands by for another cdk.json, and one that somebody has ended', async () => {
  const { dir, app, told, standing } = preparedProject();
  await app.synthesize();
  const outdated = await standing();
  writeFileSync(join(dir, 'cdk.json'), JSON.stringify({ app: 'node app.mjs', context: { context: 'new' } }));
  await app.synthesize();
  expect(told()).toMatchObject({ source: 'one', context: 'new' });
  await gone([{ pid: outdated }]);

  const killed = await standing();
  process.kill(killed, 'SIGKILL');
  await gone([{ pid: killed }]);
  writeFileSync(join(dir, 'source'), 'two');
  await app.synthesize();
  expect(told()).toMatchObject({ source: 'two' });
});

it('leaves no process behind', async () => {
  const { app, standing } = preparedProject();
  await app.synthesize();
  const pid = await standing();
  await app.stop();
  await gone([{ pid }]);
});
