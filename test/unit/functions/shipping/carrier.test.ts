import { describe, expect, it } from 'vitest';
import {
  CARRIERS,
  carrierFor,
  needsCustomsPapers,
  weightClassOf,
} from '../../../../functions/shipping/carrier.ts';

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
    ['DE', '10115', 'letter', 'post'],
    ['JP', '100-0001', 'letter', 'post'],
    ['IE', 'D02 AF30', 'parcel', 'parcel-eu'],
    ['ES', '28001', 'parcel', 'parcel-eu'],
    ['ES', '35001', 'parcel', 'parcel-world'],
    ['ES', '35001', 'letter', 'post'],
    ['GB', 'SW1A 1AA', 'parcel', 'parcel-world'],
    ['HK', undefined, 'parcel', 'parcel-world'],
    ['DE', '10115', 'pallet', 'freight'],
    ['US', '97205', 'pallet', 'freight'],
  ] as const)('to %s %s of a %s is %s', (country, postalCode, weightClass, expected) => {
    expect(carrierFor({ country, postalCode }, weightClass)).toBe(expected);
    expect(CARRIERS).toContain(expected);
  });
});

describe('customs papers', () => {
  it.each([
    ['Büsingen', 'DE', '78266'],
    ['Büsingen, with the country in front', 'DE', 'D-78266'],
    ['Heligoland', 'DE', '27498'],
    ['the Faroe Islands', 'DK', '3800'],
    ['the Faroe Islands, by their own code', 'FO', '100'],
    ['Greenland', 'DK', '3900'],
    ['Greenland, by its own code', 'GL', '3900'],
    ['Las Palmas', 'ES', '35001'],
    ['Tenerife', 'ES', '38001'],
    ['Tenerife, with a space', 'ES', '38 001'],
    ['Tenerife, in full width', 'ES', '３８００１'],
    ['Ceuta', 'ES', '51001'],
    ['Melilla', 'ES', 'ES-52001'],
    ['Åland', 'FI', '22100'],
    ['Åland, as the post there writes it', 'FI', 'AX-22100'],
    ['Åland, by its own code', 'AX', '22100'],
    ['Guadeloupe', 'FR', '97110'],
    ['Réunion, by its own code', 'RE', '97400'],
    ['New Caledonia', 'FR', '98800'],
    ['Mount Athos', 'GR', '630 86'],
    ['Livigno', 'IT', '23041'],
    ['Campione, in the customs union and without VAT', 'IT', '22061'],
    ['San Marino', 'IT', '47890'],
    ['San Marino, by its own code', 'SM', '47890'],
    ['the Vatican', 'IT', '00120'],
    ['Great Britain', 'GB', 'SW1A 1AA'],
    ['Jersey', 'GB', 'JE2 3AB'],
    ['Jersey, by its own code', 'JE', 'JE2 3AB'],
    ['the Isle of Man', 'IM', 'IM1 1AA'],
    ['Gibraltar', 'GI', 'GX11 1AA'],
    ['Andorra', 'AD', 'AD500'],
    ['Switzerland', 'CH', '8001'],
    ['Turkey', 'TR', '34000'],
    ['a country without postal codes', 'QA', undefined],
  ])('go with what is sent to %s', (_name, country, postalCode) => {
    expect(needsCustomsPapers({ country, postalCode })).toBe(true);
  });

  it.each([
    ['Constance, near Büsingen', 'DE', '78462'],
    ['Copenhagen', 'DK', '1050'],
    ['Bornholm', 'DK', '3700'],
    ['the Balearic Islands', 'ES', '07001'],
    ['Madrid', 'ES', '28001'],
    ['Helsinki', 'FI', '00100'],
    ['Rauma', 'FI', '26100'],
    ['Corsica', 'FR', '20000'],
    ['Paris', 'FR', '75001'],
    ['Monaco', 'MC', '98000'],
    ['Monaco, as part of France', 'FR', '98000'],
    ['Thessaloniki', 'GR', '546 22'],
    ['Sondrio, near Livigno', 'IT', '23100'],
    ['Rome', 'IT', '00184'],
    ['Rimini, near San Marino', 'IT', '47921'],
    ['Madeira', 'PT', '9000-001'],
    ['Northern Ireland', 'GB', 'BT1 5GS'],
    ['Cyprus', 'CY', '1010'],
    ['Kleinwalsertal', 'AT', '6991'],
    ['a member state, whatever its postal code', 'NL', ''],
    ['a member state, from an order without one', 'ES', undefined],
  ])('stay away from what is sent to %s', (_name, country, postalCode) => {
    expect(needsCustomsPapers({ country, postalCode })).toBe(false);
  });
});
