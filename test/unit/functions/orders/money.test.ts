import { describe, expect, it } from 'vitest';
import { Currency, formatMoney, minorUnitDigits } from '../../../../functions/orders/money.ts';

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

  it.each(['eur', 'EURO', 'XYZ', '', 'EU'])('refuses %j as a currency', (text) => {
    expect(Currency.safeParse(text).success).toBe(false);
  });
});
