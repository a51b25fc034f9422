import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readHeld } from '../../../../local/engines/holdings.ts';

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'orderly-holdings-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

it('has nothing anywhere where nothing was noted', async () => {
  expect(readHeld(await folder())).toEqual([]);
});

it.each([
  ['cut off', '[{"topics": ["orders"], "gro'],
  ['of another form', '[{"topics": "orders"}]'],
])('a note that is %s is no empty one: it is named, with what to do', async (_, text) => {
  const dir = await folder();
  await writeFile(join(dir, 'engines.json'), text);
  expect(() => readHeld(dir)).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(join(dir, 'engines.json')),
      remedy: [expect.stringContaining('docker compose')],
    }),
  );
});
