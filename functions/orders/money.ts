/**
 * Currencies that are legal tender somewhere, by the digits after the decimal point: ISO 4217, list one, as published on 1
 * January 2026 (https://www.six-group.com/en/products-services/financial-information/data-standards.html), without its funds
 * codes, metals and units of account, and without what nobody can pay with any more or yet (SVC, VED). A test compares them
 * with CLDR, which has the days on which each began and ended.
 *
 * The digits are ISO 4217's, not ICU's, whose data follows daily use (no fraction for IQD) and so would be off by powers of ten.
 */
const TENDER: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF',
  2:
    'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE ' +
    'CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR ' +
    'KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB ' +
    'PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SYP SZL THB TJS TMT TOP TRY TTD ' +
    'TWD TZS UAH USD UYU UZS VES WST XCD XCG YER ZAR ZMW ZWG',
  3: 'BHD IQD JOD KWD LYD OMR TND',
};

/** What orders were taken in before, where ICU's digits are others: an amount of the past keeps its own. */
const FORMER: Readonly<Record<number, string>> = {
  0: 'XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX',
};

const digitsByCode = (table: Readonly<Record<number, string>>): Map<string, number> =>
  new Map(
    Object.entries(table).flatMap(([digits, codes]) =>
      codes.split(' ').map((code) => [code, Number(digits)]),
    ),
  );
const TENDER_DIGITS = digitsByCode(TENDER);
const FORMER_DIGITS = digitsByCode(FORMER);

/** Whether people somewhere pay with a currency today, by its ISO 4217 alphabetic code. */
export function isLegalTender(currency: string): boolean {
  return TENDER_DIGITS.has(currency);
}

/** Digits after the decimal point: 2 for EUR, 0 for JPY, 3 for KWD. Of a currency that is no legal tender any more, ICU's. */
export function minorUnitDigits(currency: string): number {
  return (
    TENDER_DIGITS.get(currency) ??
    FORMER_DIGITS.get(currency) ??
    new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ??
    2
  );
}

/**
 * An amount in minor units as people read it, e.g. `€12.34`.
 *
 * @param currency three capital letters
 */
export function formatMoney(minorUnits: number, currency: string): string {
  const digits = minorUnitDigits(currency);
  const whole = String(minorUnits).padStart(digits + 1, '0');
  const decimal = digits === 0 ? whole : `${whole.slice(0, -digits)}.${whole.slice(-digits)}`;
  return formatOf(currency, digits).format(decimal as Intl.StringNumericLiteral);
}

/** Made once for each currency: a mail shows a dozen amounts, and a format takes twenty times longer to make than to use. */
const formats = new Map<string, Intl.NumberFormat>();

function formatOf(currency: string, digits: number): Intl.NumberFormat {
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
