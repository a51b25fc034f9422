import cldr from 'cldr-core/supplemental/currencyData.json' with { type: 'json' };
import { describe, expect, it } from 'vitest';
import { formatMoney, isLegalTender, minorUnitDigits } from '../../../../functions/orders/money.ts';

describe('money', () => {
  it.each([
    ['EUR', 2, 123_456, '€1,234.56'],
    ['EUR', 2, 5, '€0.05'],
    ['EUR', 2, 0, '€0.00'],
    ['JPY', 0, 123_456, '¥123,456'],
    ['KWD', 3, 123_456, 'KWD 123.456'],
    ['IQD', 3, 1_500, 'IQD 1.500'],
  ])('has the minor units of ISO 4217: %s', (currency, digits, minorUnits, formatted) => {
    expect(minorUnitDigits(currency)).toBe(digits);
    expect(formatMoney(minorUnits, currency).replace('\u00a0', ' ')).toBe(formatted);
  });

  it('keeps every digit of the largest total', () => {
    const largestTotal = 100 * 999 * 10_000_000_000;
    expect(formatMoney(largestTotal, 'EUR')).toBe('€9,990,000,000,000.00');
  });

  it.each(['XCG', 'EUR', 'ZWG', 'SLE', 'XOF'])('takes %s', (code) => {
    expect(isLegalTender(code)).toBe(true);
  });

  it.each([
    ['retired', ['ANG', 'BGN', 'HRK', 'CUC', 'SVC']],
    ['of no country', ['XXX', 'XTS', 'XAU', 'XDR', 'XSU']],
    ['of a fund', ['CHE', 'CLF', 'UYW']],
    ['no code', ['eur', 'EURO', 'XYZ', '', 'EU', '__proto__']],
  ])('takes none that is %s', (_, codes) => {
    expect(codes.filter(isLegalTender)).toEqual([]);
  });

  it.each([
    ['BGN', 2, 'BGN 12.34'],
    ['HRK', 2, 'HRK 12.34'],
    ['XXX', 0, '¤1,234'],
    ['UYW', 4, 'UYW 0.1234'],
    ['BYR', 0, 'BYR 1,234'],
    ['QQQ', 2, 'QQQ 12.34'],
  ])('still formats %s, in which orders were or could be', (currency, digits, formatted) => {
    expect(minorUnitDigits(currency)).toBe(digits);
    expect(formatMoney(1_234, currency).replace('\u00a0', ' ')).toBe(formatted);
  });
});

describe('the table of currencies', () => {
  type Use = { readonly _to?: string; readonly _tender?: string };
  const {
    region,
    fractions,
  }: {
    readonly region: Readonly<Record<string, readonly Readonly<Record<string, Use | undefined>>[]>>;
    readonly fractions: { readonly DEFAULT: { readonly _digits: string } };
  } = cldr.supplemental.currencyData as never;
  const tender = new Set(
    Object.values(region).flatMap((currencies) =>
      currencies.flatMap((uses) =>
        Object.entries(uses).flatMap(([code, use]) =>
          use?._to === undefined && use?._tender !== 'false' ? [code] : [],
        ),
      ),
    ),
  );

  it('has what CLDR says is legal tender somewhere, no more and no less', () => {
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
    const codes = letters.flatMap((a) => letters.flatMap((b) => letters.map((c) => a + b + c)));
    expect(tender.size).toBeGreaterThan(150);
    expect(codes.filter(isLegalTender)).toEqual([...tender].sort());
  });

  it('has the digits of CLDR, except where people pay without the fraction that ISO 4217 has', () => {
    const daily: Readonly<Record<string, { readonly _digits: string }>> & typeof fractions =
      fractions as never;
    const others = [...tender].filter(
      (code) => minorUnitDigits(code) !== Number((daily[code] ?? fractions.DEFAULT)._digits),
    );
    expect(others.sort().join(' ')).toBe('AFN ALL COP HUF IDR IQD IRR KPW LAK LBP MGA MMK PKR SOS SYP YER');
  });
});
