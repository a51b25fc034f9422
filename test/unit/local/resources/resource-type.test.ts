import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { derivedUuid, generatedName } from '../../../../local/resources/resource-type.ts';

describe('generatedName', () => {
  it('is stack and logical id where that fits', () => {
    expect(generatedName('Orders', 'Email123', 64)).toBe('Orders-Email123');
  });

  it('never exceeds the limit', () => {
    const text = fc.string({ minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(text, text, fc.integer({ min: 20, max: 255 }), (stack, id, limit) => {
        expect(generatedName(stack, id, limit).length).toBeLessThanOrEqual(limit);
      }),
    );
  });

  it('keeps two long names apart that differ only at their end', () => {
    const long = 'x'.repeat(300);
    expect(generatedName('App', `${long}a`, 64)).not.toBe(generatedName('App', `${long}b`, 64));
  });
});

describe('derivedUuid', () => {
  it('is a UUID, the same for the same text and another for another', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        expect(derivedUuid(one)).toMatch(/^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
        expect(derivedUuid(one) === derivedUuid(other)).toBe(one === other);
      }),
    );
  });
});

describe('names and ids', () => {
  it('are the same on every run and machine, so that data of an earlier run is found again', () => {
    expect(derivedUuid('App/Mapping')).toBe('a03ab3c3-85a9-8996-88e0-06c00835f4c1');
    expect(generatedName('App', 'x'.repeat(80), 64)).toBe(`App-${'x'.repeat(51)}-bfc51c01`);
  });
});
