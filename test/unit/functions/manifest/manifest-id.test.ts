import { expect, it } from 'vitest';
import {
  dayBefore,
  draftKeyOf,
  endOf,
  fileKeyOf,
  manifestIdFor,
  manifestIdIn,
} from '../../../../functions/manifest/files.ts';
import { CARRIERS } from '../../../../functions/shipping/carrier.ts';
import { DAY } from '../../../support/manifest-world.ts';

it.each([
  ['2026-03-02T00:15:00Z', '2026-03-01'],
  ['2026-03-02T23:59:59.999Z', '2026-03-01'],
  ['2026-03-01T00:00:00Z', '2026-02-28'],
  ['2028-03-01T00:15:00Z', '2028-02-29'],
  ['2027-01-01T00:15:00Z', '2026-12-31'],
])('what fires at %s is about %s', (time, day) => {
  expect(dayBefore(new Date(time))).toBe(day);
});

it('a day ends where the next begins', () => {
  expect(endOf(DAY)).toBe('2026-03-02T00:00:00.000Z');
  expect('2026-03-01T23:59:59.999Z' < endOf(DAY)).toBe(true);
  expect('2026-03-02T00:00:00.000Z' < endOf(DAY)).toBe(false);
});

it.each(CARRIERS)('the objects of %s lead back to their manifest', (carrier) => {
  const id = manifestIdFor(DAY, carrier);
  expect(draftKeyOf(id)).toBe(`drafts/2026-03-01/${carrier}.json`);
  expect(fileKeyOf(id)).toBe(`manifests/2026-03-01/${carrier}.csv`);
  expect([draftKeyOf(id), fileKeyOf(id)].map(manifestIdIn)).toEqual([id, id]);
});

it.each([
  'manifests/',
  'manifests/2026-03-01/',
  'notes/2026-03-01/post.csv',
  'manifests/2026-03-01/post.csv.bak',
])('%s belongs to no manifest', (key) => {
  expect(manifestIdIn(key)).toBeUndefined();
});
