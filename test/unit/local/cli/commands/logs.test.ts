import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { answeringProject } from '../../../../support/answering-project.ts';

/** Two functions, `email` with lines in its log and `shipping` without a log. */
async function project(lines: readonly string[]) {
  const functions = ['email', 'shipping'].map((name) => ({ functionName: name, path: `Orders/${name}` }));
  const found = await answeringProject((dir) => ({ '/_millrace/status': { functions, logDir: dir } }));
  writeFileSync(join(found.dir, 'email.log'), lines.map((line) => `${line}\n`).join(''));
  return found;
}

it('keeps the tabs of a line, and no other control character', async () => {
  const { orderly } = await project(['REPORT\tDuration: 1 ms', '\u001b[2J']);
  expect((await orderly('logs', 'email')).output).toBe('REPORT\tDuration: 1 ms\n\\u{1b}[2J');
});

it('names functions that have not written anything', async () => {
  const { orderly } = await project(['a', 'b']);
  expect((await orderly('logs', '--last', '1')).output).toBe(
    '==> Orders/email <==\nb\nOrders/shipping has not written anything yet.',
  );
});

it('gives scripts every line with its function', async () => {
  const { orderly } = await project(['a', 'b\t']);
  const { output } = await orderly('logs', '--json');
  expect(JSON.parse(output)).toEqual([
    { function: 'Orders/email', line: 'a' },
    { function: 'Orders/email', line: 'b\t' },
  ]);
  expect(JSON.parse((await orderly('logs', 'shipping', '--json')).output)).toEqual([]);
});
