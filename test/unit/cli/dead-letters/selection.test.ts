import { describe, expect, it } from 'vitest';
import { nameOf, type Selection } from '../../../../cli/dead-letters/letters-table.ts';
import { selected, withNamed } from '../../../../cli/dead-letters/selection.ts';
import { inMemoryLetters } from '../../../support/in-memory-letters.ts';
import { aLetter } from '../../../support/stored-letters.ts';

const letters = [
  aLetter({ offset: 4, recordId: 'orders-0@4#1' }),
  aLetter({ offset: 41, recordId: 'orders-0@41#1' }),
  aLetter({ offset: 41, recordId: 'orders-0@41#1', consumer: 'shipping-service' }),
  aLetter({ offset: 5, recordId: 'orders-0@5#1', status: 'PARKED', reason: 'invalid' }),
];
const table = inMemoryLetters(new Map(letters.map((letter) => [nameOf(letter), letter])));
const named = async (words: readonly string[], consumer?: string) =>
  (await withNamed(table, { consumer }, words)).keys?.map(nameOf) ?? [];

describe('letters named on the command line', () => {
  it('are found by a record id, with or without the consumer, or a part that one letter has', async () => {
    expect(await named(['orders-0@4#1'])).toEqual(['email-service/orders-0@4#1']);
    expect(await named(['ORDERS-0@5'])).toEqual(['email-service/orders-0@5#1']);
    expect(await named(['shipping-service/orders-0@41#1', '@5#'])).toHaveLength(2);
    expect(await named(['@41'], 'shipping-service')).toEqual(['shipping-service/orders-0@41#1']);
    expect(await named([])).toEqual([]);
  });

  it('are taken once where two words mean the same', async () => {
    expect(await named(['@5#', 'orders-0@5#1'])).toHaveLength(1);
  });

  it('are refused where a word means several, with their names, or none', async () => {
    await expect(named(['orders-0@41#1'])).rejects.toMatchObject({
      code: 'LETTER_AMBIGUOUS',
      remedy: ['Name one of these:', 'email-service/orders-0@41#1', 'shipping-service/orders-0@41#1'],
    });
    await expect(named(['orders-7'])).rejects.toMatchObject({ code: 'LETTER_NOT_FOUND' });
  });
});

describe('a selection', () => {
  const found = async (selection: Selection) => (await selected(table, selection, ['OPEN'])).map(nameOf);

  it('has letters of the statuses asked for', async () => {
    expect(await found({ reasons: [], keys: [] })).toHaveLength(3);
    expect(await found({ reasons: ['invalid'], keys: [] })).toEqual([]);
  });

  it('has letters by consumer, partition and offset', async () => {
    const places = [
      { consumer: 'a', topic: 'orders', partition: 0, offset: 9 },
      { consumer: 'a', topic: 'orders', partition: 0, offset: 10 },
      { consumer: 'a', topic: 'orders', partition: 2, offset: 1 },
      { consumer: 'a', topic: 'orders', partition: 10, offset: 0 },
      { consumer: 'a', topic: 'z', partition: 0, offset: 0 },
      { consumer: 'b', topic: 'orders', partition: 0, offset: 0 },
    ];
    const letters = places.map((place) => aLetter(place));
    const reversed = letters.toReversed().map((letter) => [nameOf(letter), letter] as const);
    expect(await selected(inMemoryLetters(new Map(reversed)), {}, [])).toEqual(letters);
  });

  it('has named letters whatever their status, and misses one that is gone', async () => {
    const key = { consumer: 'email-service', recordId: 'orders-0@5#1' };
    expect(await found({ reasons: [], keys: [key] })).toEqual(['email-service/orders-0@5#1']);
    await expect(found({ reasons: [], keys: [{ ...key, recordId: 'x' }] })).rejects.toMatchObject({
      code: 'LETTER_NOT_FOUND',
    });
  });
});
