import { extractText, getDocumentProxy } from 'unpdf';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type LabelFonts, labelFonts } from '../../../../cli/label/fonts.ts';
import { countryName, type Label, labelOf } from '../../../../cli/label/label.ts';
import { Shipment } from '../../../../cli/label/shipment.ts';
import { isCountry } from '../../../../functions/orders/countries.ts';
import { shipment as item } from '../../../support/manifest-world.ts';

const shipment = Shipment.parse(item('label', 5));
const withAddress = (address: Partial<Shipment['address']>): Shipment => ({
  ...shipment,
  address: { ...shipment.address, ...address },
});

async function read({ pdf }: Label) {
  const document = await getDocumentProxy(new Uint8Array(pdf));
  const page = await document.getPage(1);
  const { text } = await extractText(document, { mergePages: true });
  return { pages: document.numPages, size: page.view, text: text.replaceAll(/\s+/g, ' ') };
}

describe('the label of a shipment', () => {
  let fonts: LabelFonts;
  beforeAll(async () => {
    fonts = await labelFonts();
  });
  afterEach(() => vi.useRealTimers());

  it('is one page of 4 by 6 inches that says who carries what to whom', async () => {
    const { pages, size, text } = await read(await labelOf(shipment, fonts));
    expect(pages).toBe(1);
    expect(size).toEqual([0, 0, 4 * 72, 6 * 72]);
    expect(text).toContain('PARCEL-EU');
    expect(text).toContain('parcel, 5 items');
    expect(text).toContain('Anna Beispiel Musterweg 1 10115 Berlin GERMANY');
    expect(text).toContain(shipment.orderId);
    expect(text).toContain('ordered 2026-03-01 12:00 UTC');
  });

  it('leaves out the postal code that an address does not have', async () => {
    const label = await labelOf(
      withAddress({ postalCode: undefined, city: 'Kowloon', country: 'HK' }),
      fonts,
    );
    expect((await read(label)).text).toContain('Musterweg 1 Kowloon HONG KONG');
  });

  it('is the same bytes each time', async () => {
    const first = await labelOf(shipment, fonts);
    vi.useFakeTimers({ now: Date.parse('2031-01-01T00:00:00Z'), toFake: ['Date'] });
    const second = await labelOf(shipment, await labelFonts());
    expect(Buffer.compare(first.pdf, second.pdf)).toBe(0);
    const other = await labelOf(withAddress({ line1: 'Musterweg 2' }), fonts);
    expect(Buffer.compare(first.pdf, other.pdf)).not.toBe(0);
  });

  it('has a bar wherever Code 128 wants one', async () => {
    const { pdf } = await labelOf(shipment, fonts);
    const bars = Buffer.from(pdf)
      .toString('latin1')
      .match(/^[\d.]+ 302 [\d.]+ 72 re$/gm);
    expect(bars?.length).toBeGreaterThan(90);
  });

  it('embeds its letters, of several scripts', async () => {
    const label = await labelOf(withAddress({ name: 'Łukasz Ωμέγα Иванов', city: 'Nguyễn' }), fonts);
    expect(label.missing).toEqual([]);
    expect((await read(label)).text).toContain('Łukasz Ωμέγα Иванов');
    expect(Buffer.from(label.pdf).toString('latin1')).not.toContain('Helvetica');
  });

  it('shows by number what its font has no glyph for, and tells', async () => {
    const label = await labelOf(withAddress({ city: '京都市', line2: '\u202eSuite 5' }), fonts);
    expect(label.missing).toEqual(['\u202e', '京', '都', '市']);
    const { text } = await read(label);
    expect(text).toContain('[U+202E]Suite 5');
    expect(text).toContain('[U+4EAC 90FD 5E02]');
  });

  it.each([
    ['wide', 'W', /W/g, 720],
    ['shown by numbers', '京', /4EAC/g, 720],
    ['shown by numbers one by one', '京a', /4EAC/g, 360],
  ])('holds the longest address there can be, also one that is %s', async (_what, letters, seen, times) => {
    const text = (length: number) => letters.repeat(length).slice(0, length);
    const longest = withAddress({
      name: text(200),
      line1: text(200),
      line2: text(200),
      city: text(100),
      postalCode: text(20),
      country: 'GB',
    });
    const { pages, text: found } = await read(await labelOf(longest, fonts));
    expect(pages).toBe(1);
    expect(found.replaceAll(' ', '').match(seen)).toHaveLength(times);
    expect(found).toContain(shipment.orderId);
  });
});

describe('the name of a country', () => {
  it.each([
    ['MK', 'North Macedonia'],
    ['SZ', 'Eswatini'],
    ['TR', 'Türkiye'],
    ['CZ', 'Czechia'],
    ['CV', 'Cape Verde'],
    ['TW', 'Taiwan'],
    ['HK', 'Hong Kong'],
    ['MO', 'Macao'],
    ['PS', 'Palestine'],
    ['MM', 'Myanmar'],
    ['KR', 'South Korea'],
    ['VN', 'Vietnam'],
    ['GB', 'United Kingdom'],
    ['US', 'United States'],
    ['QQ', 'QQ'],
    ['AN', 'AN'],
  ])('of %s is what people write: %s', (code, name) => {
    expect(countryName(code)).toBe(name);
  });

  it('explains nothing in brackets and takes no side', () => {
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
    const countries = letters.flatMap((a) => letters.map((b) => a + b)).filter(isCountry);
    const names = countries.map(countryName);
    expect(names.filter((name) => /province|occupied|former|\bSAR\b/i.test(name))).toEqual([]);
    expect(names.filter((name) => name.includes('('))).toEqual(['Cocos (Keeling) Islands']);
    expect(names.filter((name) => name.length === 2)).toEqual([]);
  });
});
