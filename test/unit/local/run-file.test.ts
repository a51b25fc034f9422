import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { formerStateDir } from '../../../local/run-file.ts';

it.each([
  ['a local cloud of that name has left its data', '.orderly/engine', true],
  ['a program of that name keeps other things', '.orderly/lab', false],
])('%s in a folder that is called so', (_, kept, isFormer) => {
  const projectDir = mkdtempSync(join(tmpdir(), 'orderly-former-'));
  onTestFinished(() => rmSync(projectDir, { recursive: true }));
  mkdirSync(join(projectDir, kept), { recursive: true });
  expect(formerStateDir(projectDir)).toBe(isFormer ? join(projectDir, '.orderly') : undefined);
});
