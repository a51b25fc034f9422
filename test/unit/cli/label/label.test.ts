import { extractText, getDocumentProxy } from 'unpdf';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { familyLoader } from '../../../../cli/label/fonts.ts';
import { code128, countryName, labelOf } from '../../../../cli/label/label.ts';
import { type PostalAddress, Shipment } from '../../../../cli/label/shipment.ts';
import { isCountry } from '../../../../functions/orders/countries.ts';
import { shipment as item } from '../../../support/shipments.ts';

const shipment = Shipment.parse(item('label', 5));
const withAddress = (address: Partial<Shipment['address']>): Shipment => ({
  ...shipment,
  address: { ...shipment.address, ...address },
});

const sender: PostalAddress = {
  name: 'Käsekönig Versand',
  line1: 'Lagerstraße 12',
  city: 'Hamburg',
  postalCode: '20357',
  country: 'DE',
};

/** Of the font that comes with the project; nothing is fetched. */
const own = () =>
  familyLoader('/nonexistent', {}, (step) => {
    throw new Error(step);
  });

async function read(pdf: Uint8Array) {
  const document = await getDocumentProxy(new Uint8Array(pdf));
  const page = await document.getPage(1);
  const { text } = await extractText(document, { mergePages: true });
  return { pages: document.numPages, size: page.view, text: text.replaceAll(/\s+/g, ' ') };
}

describe('the label of a shipment', () => {
  const load = own();
  afterEach(() => vi.useRealTimers());

  it('is one page of 4 by 6 inches that says who carries what to whom', async () => {
    const { pages, size, text } = await read(await labelOf(shipment, sender, load));
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
      sender,
      load,
    );
    expect((await read(label)).text).toContain('Musterweg 1 Kowloon HONG KONG');
  });

  it('is the same bytes each time', async () => {
    const first = await labelOf(shipment, sender, load);
    vi.useFakeTimers({ now: Date.parse('2031-01-01T00:00:00Z'), toFake: ['Date'] });
    const second = await labelOf(shipment, sender, own());
    expect(Buffer.compare(first, second)).toBe(0);
    const other = await labelOf(withAddress({ line1: 'Musterweg 2' }), sender, load);
    expect(Buffer.compare(first, other)).not.toBe(0);
  });

  it('has a bar wherever Code 128 wants one', async () => {
    const pdf = await labelOf(shipment, sender, load);
    const bars = Buffer.from(pdf)
      .toString('latin1')
      .match(/^[\d.]+ 302 [\d.]+ 72 re$/gm);
    expect(bars?.length).toBeGreaterThan(90);
  });

  it('embeds its letters, of several scripts', async () => {
    const pdf = await labelOf(withAddress({ name: 'Łukasz Ωμέγα Иванов', city: 'Nguyễn' }), sender, load);
    expect((await read(pdf)).text).toContain('Łukasz Ωμέγα Иванов');
    expect(Buffer.from(pdf).toString('latin1')).not.toContain('Helvetica');
  });

  it('says who sends', async () => {
    const { text } = await read(await labelOf(shipment, sender, load));
    expect(text).toMatch(/FROM Käsekönig Versand Lagerstraße 12 20357 Hamburg GERMANY SHIP TO Anna/);
  });

  it('shows what hides by its number', async () => {
    const { text } = await read(await labelOf(withAddress({ line2: '\u202eSuite 5' }), sender, load));
    expect(text).toContain('[U+202E]Suite 5');
  });

  it.each([
    ['address', withAddress({ city: 'ᏣᎳᎩ' }), sender],
    ['return address', shipment, { ...sender, city: 'ᏣᎳᎩ' }],
  ])('is refused for an %s in a script that no font has, by its letters', async (what, sent, from) => {
    await expect(labelOf(sent, from, load)).rejects.toMatchObject({
      code: 'LABEL_UNPRINTABLE',
      message: `no font has what the ${what} of ${shipment.orderId} has: Ꮳ (U+13E3, Cherokee), Ꮃ (U+13B3, Cherokee), Ꭹ (U+13A9, Cherokee); no label was written`,
      remedy: [expect.stringContaining('another script'), expect.anything()],
    });
  });

  it.each([
    ['wide', 'W', /W/g, 720],
    ['full of words', 'Wa ', /Wa/g, 241],
    ['shown by numbers', '\u202e', /202E/g, 720],
    ['shown by numbers one by one', '\u202ea', /202E/g, 360],
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
    const { pages, text: found } = await read(await labelOf(longest, sender, load));
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

it('the order id is Code 128, the widths of its bars and spaces as ISO/IEC 15417 has them', () => {
  // Start B, A, B, the check character 104 + 1 x 33 + 2 x 34 = 205 = 102 (mod 103), stop.
  const widths = '211214 111323 131123 411131 2331112'.replaceAll(' ', '');
  const { bars, width } = code128('AB');
  expect(width).toBe([...widths].reduce((sum, digit) => sum + Number(digit), 0));
  let at = 0;
  const expected = [...widths].flatMap((digit, index) => {
    const bar = { at, width: Number(digit) };
    at += bar.width;
    return index % 2 === 0 ? [bar] : [];
  });
  expect(bars).toEqual(expected);
});

it('the bar code fits on a label with its quiet zones, whatever the order id', () => {
  for (const id of [
    'ord_00000000000000000000000000',
    'ord_zzzzzzzzzzzzzzzzzzzzzzzzzz',
    'ord_a1b2c3d4e5f6g7h8j9k0m1n2p3',
  ]) {
    expect(code128(id).width).toBeLessThanOrEqual(11 * 32 + 13);
  }
});
