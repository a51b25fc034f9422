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

/**
 * Who carries a shipment, by destination and weight class.
 *
 *                      letter    parcel         pallet
 *     European Union   post      parcel-eu      freight
 *     elsewhere        post      parcel-world   freight
 */
export function carrierFor(country: ShippingAddress['country'], weightClass: WeightClass): Carrier {
  switch (weightClass) {
    case 'letter':
      return 'post';
    case 'parcel':
      return EUROPEAN_UNION.has(country) ? 'parcel-eu' : 'parcel-world';
    case 'pallet':
      return 'freight';
  }
}

/** No customs papers within it. https://european-union.europa.eu/principles-countries-history/eu-countries_en */
const EUROPEAN_UNION: ReadonlySet<string> = new Set(
  'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK'.split(' '),
);
