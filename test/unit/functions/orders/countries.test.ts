import { formatAddress } from 'localized-address-format';
import { describe, expect, it } from 'vitest';
import { hasPostalCodes, isCountry } from '../../../../functions/orders/countries.ts';

const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const pairs = letters.flatMap((a) => letters.map((b) => a + b));
const countries = pairs.filter(isCountry);

/** Regions of ICU's that are no countries of ISO 3166-1: reserved for other users of the codes, or made up by CLDR. */
const NOT_ISO = new Set('AC CP CQ DG EA EU EZ IC QO TA UN XA XB XK ZZ'.split(' '));

describe('countries', () => {
  it('are those of ISO 3166-1 that ICU knows today', () => {
    const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
    const isCurrent = (code: string) =>
      names.of(code) !== undefined && new Intl.Locale(`und-${code}`).region === code;
    expect(countries).toEqual(pairs.filter((code) => isCurrent(code) && !NOT_ISO.has(code)));
    expect(countries).toHaveLength(249);
  });

  it('have a postal code if libaddressinput puts one into their addresses', () => {
    const hasOne = (postalCountry: string) =>
      formatAddress({ postalCountry, postalCode: 'postal code', locality: 'city' }).some((line) =>
        line.includes('postal code'),
      );
    expect(countries.filter(hasPostalCodes)).toEqual(countries.filter(hasOne));
  });

  it.each(['HK', 'AE', 'QA', 'AO', 'BO'])('%s has no postal codes', (code) => {
    expect([isCountry(code), hasPostalCodes(code)]).toEqual([true, false]);
  });

  it.each(['XK', 'AN', 'UK', 'ZZ', 'de', 'DEU', '', '__proto__'])('%j is none', (code) => {
    expect([isCountry(code), hasPostalCodes(code)]).toEqual([false, false]);
  });
});
