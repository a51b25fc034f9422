import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fileCheckpoints } from '../../../../../local/event-sources/remembered.ts';

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
  const before = fileCheckpoints(path, () => undefined);
  before.save('a', '1');
  before.save('b', '2');
  before.save('a', '3');
  before.flush();
  const after = fileCheckpoints(path, () => undefined);
  expect([after.load('a'), after.load('b'), after.load('c')]).toEqual(['3', '2', undefined]);
});

test('writes by itself, but not for every save', () => {
  vi.useFakeTimers();
  const checkpoints = fileCheckpoints(path, () => undefined);
  checkpoints.save('a', '1');
  expect(existsSync(path)).toBe(false);
  vi.advanceTimersByTime(250);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ a: '1' });
});

test('a file that cannot be read is named, with the remedy', () => {
  const broken = join(folder, 'broken.json');
  writeFileSync(broken, '{"a":');
  expect(() => fileCheckpoints(broken, () => undefined)).toThrowError(
    expect.objectContaining({ code: 'CONFIG_INVALID' }),
  );
});

test('a folder that can`t be written to ends nothing: it is named once, and written when it can be', () => {
  vi.useFakeTimers();
  const complaints: string[] = [];
  const checkpoints = fileCheckpoints(path, (line) => complaints.push(line));
  writeFileSync(join(folder, 'state'), 'no folder');
  checkpoints.save('a', '1');
  vi.advanceTimersByTime(1000);
  expect(complaints).toEqual([expect.stringContaining(path)]);

  rmSync(join(folder, 'state'));
  vi.advanceTimersByTime(250);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ a: '1' });
});
