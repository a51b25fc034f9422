import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = new URL('../../../', import.meta.url);

test('every test that a guarantee names exists', () => {
  const text = readFileSync(new URL('docs/guarantees.md', root), 'utf8');
  const named = [...text.matchAll(/`((?:[\w-]+\/)*[\w-]+\.test\.ts|test\/[\w/-]+\/)`/g)].map(
    ([, name]) => name ?? '',
  );
  expect(named.length).toBeGreaterThan(15);
  const files = readdirSync(fileURLToPath(new URL('test', root)), { recursive: true, encoding: 'utf8' }).map(
    (file) => `/test/${file}`,
  );
  expect(
    named.filter((name) => !files.some((file) => `${file}/`.includes(`/${name.replace(/\/$/, '')}/`))),
  ).toEqual([]);
});
