import { code as currencyByCode } from 'currency-codes';
import * as z from 'zod';

/** An active ISO 4217 alphabetic code, upper case. */
export const Currency = z
  .string()
  .refine(
    (code) => /^[A-Z]{3}$/.test(code) && currencyByCode(code) !== undefined,
    'must be an ISO 4217 currency code',
  );
export type Currency = z.infer<typeof Currency>;

/** Digits after the decimal point by ISO 4217: 2 for EUR, 0 for JPY, 3 for KWD. */
export function minorUnitDigits(currency: Currency): number {
  const found = currencyByCode(currency);
  if (!found) throw new RangeError(`${currency} is not an ISO 4217 currency code`);
  return found.digits;
}

/**
 * An amount in minor units as people read it, e.g. `€12.34`.
 *
 * The digits are ISO 4217's, not ICU's, whose data follows daily use (no fraction for IQD) and so would be off by powers
 * of ten.
 */
export function formatMoney(minorUnits: number, currency: Currency): string {
  const digits = minorUnitDigits(currency);
  const format = new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  const whole = String(minorUnits).padStart(digits + 1, '0');
  const decimal = digits === 0 ? whole : `${whole.slice(0, -digits)}.${whole.slice(-digits)}`;
  return format.format(decimal as Intl.StringNumericLiteral);
}
