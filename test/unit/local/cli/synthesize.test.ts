import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { synthesize } from '../../../../local/cli/synthesize.ts';

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
