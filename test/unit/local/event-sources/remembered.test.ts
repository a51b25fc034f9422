import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { enabledFile, fileCheckpoints } from '../../../../local/event-sources/remembered.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'remembered-'));
  path = join(folder, 'state', 'remembered.json');
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

describe('what is enabled', () => {
  test('is as the template says where nobody asked for anything', () => {
    const store = enabledFile(path);
    expect(store.load({ uuid: 'a', enabled: true })).toBe(true);
    expect(store.load({ uuid: 'a', enabled: false })).toBe(false);
  });

  test('is there after a restart, each mapping`s own, in one whole file', () => {
    enabledFile(path).save({ uuid: 'a', enabled: true }, false);
    enabledFile(path).save({ uuid: 'b', enabled: false }, true);

    const store = enabledFile(path);

    expect(store.load({ uuid: 'a', enabled: true })).toBe(false);
    expect(store.load({ uuid: 'b', enabled: false })).toBe(true);
    expect(readdirSync(dirname(path))).toEqual(['remembered.json']);
  });

  test('is what a template says that has changed its mind since', () => {
    enabledFile(path).save({ uuid: 'a', enabled: false }, false);
    expect(enabledFile(path).load({ uuid: 'a', enabled: true })).toBe(true);
  });
});

describe('checkpoints', () => {
  test('that were flushed are there after a restart', () => {
    const before = fileCheckpoints(path, () => undefined);
    before.save('a', '1');
    before.save('b', '2');
    before.save('a', '3');
    before.flush();
    const after = fileCheckpoints(path, () => undefined);
    expect([after.load('a'), after.load('b'), after.load('c')]).toEqual(['3', '2', undefined]);
  });

  test('are written by themselves, but not for every save', () => {
    vi.useFakeTimers();
    fileCheckpoints(path, () => undefined).save('a', '1');
    expect(existsSync(path)).toBe(false);
    vi.advanceTimersByTime(250);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ a: '1' });
  });

  test('in a folder that can`t be written to end nothing: it is named once, and they are written when they can be', () => {
    vi.useFakeTimers();
    const complaints: string[] = [];
    const checkpoints = fileCheckpoints(path, (line) => complaints.push(line));
    writeFileSync(dirname(path), 'no folder');
    checkpoints.save('a', '1');
    vi.advanceTimersByTime(1000);
    expect(complaints).toEqual([expect.stringContaining(path)]);

    rmSync(dirname(path));
    vi.advanceTimersByTime(250);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ a: '1' });
  });
});

test.each([
  ['not JSON', enabledFile],
  ['[1]', enabledFile],
  ['{"a":{"enabled":"no"}}', enabledFile],
  ['{"a":', (file: string) => fileCheckpoints(file, () => undefined)],
])('a file of %s is refused by name, with the remedy', (content, read) => {
  const broken = join(folder, 'broken.json');
  writeFileSync(broken, content);
  expect(() => read(broken)).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(broken),
      remedy: [expect.stringContaining('Delete the file')],
    }),
  );
});
