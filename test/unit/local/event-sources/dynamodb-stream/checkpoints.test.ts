import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fileCheckpoints } from '../../../../../local/event-sources/dynamodb-stream/checkpoints.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'checkpoints-'));
  path = join(folder, 'state', 'checkpoints.json');
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

test('what was flushed is there after a restart', () => {
  const before = fileCheckpoints(path);
  before.save('a', '1');
  before.save('b', '2');
  before.save('a', '3');
  before.flush();
  const after = fileCheckpoints(path);
  expect([after.load('a'), after.load('b'), after.load('c')]).toEqual(['3', '2', undefined]);
});

test('writes by itself, but not for every save', () => {
  vi.useFakeTimers();
  const checkpoints = fileCheckpoints(path);
  checkpoints.save('a', '1');
  expect(existsSync(path)).toBe(false);
  vi.advanceTimersByTime(250);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ a: '1' });
});

test('a file that cannot be read is named, with the remedy', () => {
  const broken = join(folder, 'broken.json');
  writeFileSync(broken, '{"a":');
  expect(() => fileCheckpoints(broken)).toThrowError(expect.objectContaining({ code: 'CONFIG_INVALID' }));
});
