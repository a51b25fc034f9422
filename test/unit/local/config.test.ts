import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readLocalConfig } from '../../../local/config.ts';

const documented = {
  partialResponse: 'selective',
  deadLetters: 'per-record',
  redelivery: 'full',
  longestBackOffMs: 20_000,
};

async function read(content: unknown) {
  const dir = await mkdtemp(join(tmpdir(), 'config-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  await writeFile(join(dir, 'millrace.json'), JSON.stringify(content));
  return readLocalConfig(join(dir, 'millrace.json'));
}

test.each([
  ['there is no other', [], /^Rename it: mv .*orderly\.json .*millrace\.json$/],
  [
    'the new one is there already',
    ['millrace.json'],
    /^Delete it; there is a millrace\.json: rm .*orderly\.json$/,
  ],
] as const)('a file of the former name is never passed over: %s', async (_case, others, remedy) => {
  const dir = await mkdtemp(join(tmpdir(), 'config-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  for (const name of ['orderly.json', ...others]) await writeFile(join(dir, name), '{}');
  await expect(readLocalConfig(join(dir, 'millrace.json'))).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('orderly.json is not read any more'),
    remedy: [expect.stringMatching(remedy)],
  });
});

test('a project without a file gets what AWS documents', async () => {
  expect(await readLocalConfig('/nowhere/millrace.json')).toEqual({
    functions: {},
    apis: {},
    accept: [],
    maxEnvironments: 4,
    emulation: documented,
  });
});

test('each switch of the emulation can be set by itself', async () => {
  const { emulation } = await read({ emulation: { deadLetters: 'per-group' } });
  expect(emulation).toEqual({ ...documented, deadLetters: 'per-group' });
});

test('how many environments a function may have can be set', async () => {
  expect(await read({ maxEnvironments: 40 })).toMatchObject({ maxEnvironments: 40 });
  await expect(read({ maxEnvironments: 0 })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('maxEnvironments'),
  });
});

test('claims of an API are text', async () => {
  const { apis } = await read({ apis: { 'App/Api': { jwtClaims: { sub: 'customer-1' } } } });
  expect(apis).toEqual({ 'App/Api': { jwtClaims: { sub: 'customer-1' } } });
});

test.each([
  ['sub', { apis: { Api: { jwtClaims: { sub: 1 } } } }],
  ['deadLetters', { emulation: { deadLetters: 'never' } }],
  ['bisect', { emulation: { bisect: true } }],
  ['emulated', { emulated: {} }],
])('what it does not know is named: %s', async (name, content) => {
  await expect(read(content)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining(name),
  });
});
