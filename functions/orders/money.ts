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
  const whole = String(minorUnits).padStart(digits + 1, '0');
  const decimal = digits === 0 ? whole : `${whole.slice(0, -digits)}.${whole.slice(-digits)}`;
  return formatOf(currency, digits).format(decimal as Intl.StringNumericLiteral);
}

/** Made once for each currency: a mail shows a dozen amounts, and a format takes twenty times longer to make than to use. */
const formats = new Map<Currency, Intl.NumberFormat>();

function formatOf(currency: Currency, digits: number): Intl.NumberFormat {
  const known = formats.get(currency);
  if (known !== undefined) return known;
  const format = new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  formats.set(currency, format);
  return format;
}
