import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { MEASURES } from '../../../functions/logger.ts';

test('every metric is documented, and no other', () => {
  const text = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  expect(rows).toEqual(Object.keys(MEASURES));
});
