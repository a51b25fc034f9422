import { describe, expect, it } from 'vitest';
import { plantedAs, poison } from '../../../faults/world/planted.ts';
import { chance } from '../../../support/chance.ts';

describe('poison', () => {
  it('is known by its bytes, of every kind, and lies on every partition', () => {
    const planted = poison(500, chance(1));
    expect(new Set(planted.map(plantedAs))).toEqual(new Set(['unparseable', 'invalid', 'skipped']));
    expect(new Set(planted.map(({ partition }) => partition))).toEqual(new Set([0, 1, 2]));
  });

  it('is not what differs from it by a byte', () => {
    const [one] = poison(1, chance(1));
    expect(one && plantedAs({ ...one, key: 'AAAA' })).toBeUndefined();
    expect(one && plantedAs({ ...one, headers: [...one.headers, ['x', '']] })).toBeUndefined();
  });
});
