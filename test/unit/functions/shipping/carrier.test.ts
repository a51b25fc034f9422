import { describe, expect, it } from 'vitest';
import { CARRIERS, carrierFor, weightClassOf } from '../../../../functions/shipping/carrier.ts';

describe('the weight class', () => {
  it.each([
    [[1], 'letter'],
    [[2], 'letter'],
    [[1, 1, 1], 'parcel'],
    [[50], 'parcel'],
    [[50, 1], 'pallet'],
    [[999, 999], 'pallet'],
  ] as const)('of %j items is %s', (quantities, expected) => {
    expect(weightClassOf(quantities.map((quantity) => ({ quantity })))).toBe(expected);
  });
});

describe('the carrier', () => {
  it.each([
    ['DE', 'letter', 'post'],
    ['JP', 'letter', 'post'],
    ['IE', 'parcel', 'parcel-eu'],
    ['GB', 'parcel', 'parcel-world'],
    ['US', 'parcel', 'parcel-world'],
    ['DE', 'pallet', 'freight'],
    ['US', 'pallet', 'freight'],
  ] as const)('to %s of a %s is %s', (country, weightClass, expected) => {
    expect(carrierFor(country, weightClass)).toBe(expected);
    expect(CARRIERS).toContain(expected);
  });
});
