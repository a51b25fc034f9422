import { expect, it } from 'vitest';
import { fitted } from '../../../../functions/dead-letters/store.ts';
import { aLetter } from '../../../support/dead-letters.ts';

const KIB = 1024;
const letterOf = (key: number, value: number | null, ...headers: number[]) =>
  aLetter({
    key: Buffer.alloc(key, 'k'),
    value: value === null ? null : Buffer.alloc(value, 'v'),
    headers: headers.map((size, n) => [`header-${n}`, Buffer.alloc(size, 'h')] as const),
  });

it.each([
  ['an empty one', letterOf(0, null)],
  ['the largest that the topic takes', letterOf(100, 72 * KIB, 100)],
  ['one that leaves room for the history and no more', letterOf(KIB, 335 * KIB)],
  ['one with nothing but headers', letterOf(0, null, 100 * KIB, 200 * KIB)],
])('leaves a letter that fits as it is: %s', (_name, letter) => {
  expect(fitted(letter)).toBe(letter);
});

it('keeps the first 256 KiB of a value, and how long it was', () => {
  const { record, truncatedFrom } = fitted(letterOf(10, 500_000, 20));
  expect(Buffer.alloc(256 * KIB, 'v').equals(record.value ?? Buffer.of())).toBe(true);
  expect(record).toMatchObject({ key: Buffer.alloc(10, 'k'), headers: [['header-0', expect.anything()]] });
  expect(truncatedFrom).toBe(500_000);
});

it('keeps the first headers, each of them whole, where they alone are too much', () => {
  const { record, truncatedFrom } = fitted(letterOf(10, 7, 20 * KIB, 20 * KIB, 400 * KIB, 1));
  expect(record.headers.map(([name, value]) => [name, value?.length ?? 0])).toEqual([
    ['header-0', 20 * KIB],
    ['header-1', 20 * KIB],
  ]);
  expect(record.value).toHaveLength(7);
  expect(truncatedFrom).toBe(7);
});

it('counts what a header takes beside its bytes', () => {
  const { record } = fitted(letterOf(0, null, ...Array.from({ length: 20_000 }, () => 0)));
  expect(record.headers.length).toBeLessThan((48 * KIB) / 20);
  expect(record.headers.length).toBeGreaterThan(1_000);
});

it('keeps the first 16 KiB of a key where all is too much, and says so of a letter without value too', () => {
  const { record, truncatedFrom } = fitted(letterOf(500_000, null, 500_000));
  expect(record.key).toHaveLength(16 * KIB);
  expect(record).toMatchObject({ value: null, headers: [] });
  expect(truncatedFrom).toBe(0);
});
