import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openFunctionLogs } from '../../../local/function-logs.ts';

async function openLogs() {
  const parent = await mkdtemp(join(tmpdir(), 'orderly-logs-'));
  onTestFinished(() => rm(parent, { recursive: true, force: true }));
  const complaints: string[] = [];
  const logs = await openFunctionLogs(join(parent, 'logs'), (line) => complaints.push(line));
  const read = (name: string) => readFile(join(logs.dir, `${name}.log`), 'utf8');
  return { logs, complaints, read };
}

test('a function`s lines are in its file in their order, for its user alone', async () => {
  const { logs, read } = await openLogs();

  for (let number = 1; number <= 200; number += 1) logs.write('email', `line ${number}`);
  logs.write('shipping', 'another');
  await logs.close();

  expect((await read('email')).split('\n').slice(0, -1)).toEqual(
    Array.from({ length: 200 }, (_, index) => `line ${index + 1}`),
  );
  expect(await read('shipping')).toBe('another\n');
  expect((await stat(join(logs.dir, 'email.log'))).mode & 0o777).toBe(0o600);
});

test('a folder that somebody removes is made again, and what is written then can be read', async () => {
  const { logs, complaints, read } = await openLogs();
  logs.write('email', 'before');
  await vi.waitFor(() => read('email'));

  await rm(logs.dir, { recursive: true });
  logs.write('email', 'after');
  logs.write('shipping', 'for the first time');
  await logs.close();

  expect(await read('email')).toBe('after\n');
  expect(await read('shipping')).toBe('for the first time\n');
  expect(complaints).toEqual([]);
});

test('a log that can`t be written is named once, and is written again when it can be', async () => {
  const { logs, complaints, read } = await openLogs();
  await rm(logs.dir, { recursive: true });
  await writeFile(logs.dir, 'no folder');
  logs.write('email', 'lost');
  logs.write('email', 'lost');
  await vi.waitFor(() => expect(complaints).toHaveLength(1));
  logs.write('email', 'lost');
  await logs.close();
  expect(complaints).toEqual([expect.stringMatching(/^the log of email can't be written: ENOTDIR/)]);

  await rm(logs.dir);
  logs.write('email', 'kept');
  await logs.close();
  expect(await read('email')).toBe('kept\n');
});
