import type { OrderLine, ShippingAddress } from '../orders/order.ts';

/** Everybody who carries for us. A shipment keeps the one it was given, whatever the rules become. */
export const CARRIERS = ['post', 'parcel-eu', 'parcel-world', 'freight'] as const;
export type Carrier = (typeof CARRIERS)[number];

/** How heavy a shipment is taken to be. */
export type WeightClass = 'letter' | 'parcel' | 'pallet';

/** The most items that are still of the class. */
const ITEMS = { letter: 2, parcel: 50 } as const;

/**
 * The class of a shipment by its number of items: an order knows quantities and no weights, so this is a stand-in until
 * goods have one.
 */
export function weightClassOf(lines: readonly Pick<OrderLine, 'quantity'>[]): WeightClass {
  const items = lines.reduce((sum, { quantity }) => sum + quantity, 0);
  if (items <= ITEMS.letter) return 'letter';
  return items <= ITEMS.parcel ? 'parcel' : 'pallet';
}

/** Where a shipment goes, as far as it decides who carries it. */
export type Destination = Pick<ShippingAddress, 'country' | 'postalCode'>;

/**
 * Who carries a shipment, by destination and weight class.
 *
 *                             letter    parcel         pallet
 *     no customs papers       post      parcel-eu      freight
 *     elsewhere               post      parcel-world   freight
 */
export function carrierFor(destination: Destination, weightClass: WeightClass): Carrier {
  switch (weightClass) {
    case 'letter':
      return 'post';
    case 'parcel':
      return needsCustomsPapers(destination) ? 'parcel-world' : 'parcel-eu';
    case 'pallet':
      return 'freight';
  }
}

/**
 * Whether goods that leave a member state of the European Union for here need a customs declaration: where the customs rules
 * of the Union don't apply (Union Customs Code, Regulation 952/2013, article 4), and where they do and those of its VAT don't
 * (Directive 2006/112, articles 6 and 7), which is trade with a special fiscal territory (Delegated Regulation 2015/2446,
 * article 134). The Commission's table has both, territory by territory:
 * https://taxation-customs.ec.europa.eu/territorial-status-eu-countries-and-certain-territories_en
 */
export function needsCustomsPapers({ country, postalCode = '' }: Destination): boolean {
  // Some write the country in front ("D-78266"), some numerals of another width.
  const code = postalCode
    .normalize('NFKC')
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]/g, '');
  if (country === 'GB') return !NORTHERN_IRELAND.test(code);
  const outside = TERRITORIES_OUTSIDE[country];
  return !INSIDE.has(country) || outside?.test(code.replace(/^[A-Z]+/, '')) === true;
}

/**
 * https://european-union.europa.eu/principles-countries-history/eu-countries_en, and Monaco, which both rules take for France.
 * Territories with a code of their own (AX, FO, GL, GP, RE, ...) are not in it, as they should not be.
 */
const INSIDE: ReadonlySet<string> = new Set(
  'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MC MT NL PL PT RO SE SI SK'.split(' '),
);

/** By the Windsor Framework (Protocol on Ireland and Northern Ireland, articles 5 and 8) the rules for goods apply there. */
const NORTHERN_IRELAND = /^BT[0-9]/;

/** What people write under the country's code, and the post delivers by the country's postal codes. */
const TERRITORIES_OUTSIDE: Readonly<Record<string, RegExp>> = {
  /** Büsingen; Heligoland. */
  DE: /^(78266|27498)$/,
  /** Faroe Islands, as they were numbered before they had codes of their own; Greenland. */
  DK: /^3[89][0-9]{2}$/,
  /** Las Palmas and Santa Cruz de Tenerife: the Canary Islands; Ceuta; Melilla. */
  ES: /^(35|38|51|52)[0-9]{3}$/,
  /** Åland. */
  FI: /^22[0-9]{3}$/,
  /** Everything overseas; 980 is Monaco. */
  FR: /^(97|98[1-9])[0-9]*$/,
  /** Mount Athos: Karyes and Dafni. */
  GR: /^6308[67]$/,
  /** Livigno; Campione d'Italia; San Marino; Vatican City. */
  IT: /^(23041|22061|4789[0-9]|00120)$/,
};
