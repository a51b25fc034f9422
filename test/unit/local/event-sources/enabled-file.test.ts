import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { enabledFile } from '../../../../local/event-sources/remembered.ts';

function path(): string {
  const dir = mkdtempSync(join(tmpdir(), 'orderly-enabled-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return join(dir, 'state', 'enabled.json');
}

test('what nobody asked for is as the template says', () => {
  const store = enabledFile(path());
  expect(store.load({ uuid: 'a', enabled: true })).toBe(true);
  expect(store.load({ uuid: 'a', enabled: false })).toBe(false);
});

test('what was asked for is there after a restart, each mapping`s own, in one whole file', () => {
  const file = path();
  enabledFile(file).save({ uuid: 'a', enabled: true }, false);
  enabledFile(file).save({ uuid: 'b', enabled: false }, true);

  const store = enabledFile(file);

  expect(store.load({ uuid: 'a', enabled: true })).toBe(false);
  expect(store.load({ uuid: 'b', enabled: false })).toBe(true);
  expect(readdirSync(join(file, '..'))).toEqual(['enabled.json']);
});

test('a template that has changed its mind since wins', () => {
  const file = path();
  enabledFile(file).save({ uuid: 'a', enabled: false }, false);
  expect(enabledFile(file).load({ uuid: 'a', enabled: true })).toBe(true);
});

test.each(['not JSON', '[1]', '{"a":{"enabled":"no"}}'])(
  'a file of %s is refused with the remedy',
  (content) => {
    const file = path();
    enabledFile(file).save({ uuid: 'a', enabled: true }, false);
    writeFileSync(file, content);
    expect(() => enabledFile(file)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  },
);
