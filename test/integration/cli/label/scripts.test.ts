import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getDocumentProxy } from 'unpdf';
import { describe, expect, it, onTestFinished } from 'vitest';
import { featuresOf } from '../../../../cli/label/face.ts';
import { familyLoader, fontsFor } from '../../../../cli/label/fonts.ts';
import { labelOf } from '../../../../cli/label/label.ts';
import { type PostalAddress, Shipment } from '../../../../cli/label/shipment.ts';
import { linesOf } from '../../../../cli/label/typeset.ts';
import { cacheFolder } from '../../../../local/engines/install.ts';
import { shipment as item } from '../../../support/shipments.ts';

const sender: PostalAddress = { name: 'Shop', line1: 'Weg 1', city: 'Hamburg', country: 'DE' };
const shipment = Shipment.parse(item('label', 5));
const sentTo = (name: string, country: string): Shipment => ({
  ...shipment,
  address: { name, line1: '1', city: '2', country },
});

/** Fonts are fetched into the user's cache, once. */
const load = familyLoader(cacheFolder(process.env, 'orderly'), process.env, () => undefined);

/** The glyphs of a name, by number; 0 is the box of what a font has not. */
async function glyphsOf(name: string, country: string): Promise<readonly number[]> {
  const fonts = await fontsFor([{ texts: [name], country }], load);
  if (fonts.kind === 'unprintable') throw new Error(`unprintable: ${fonts.characters.join(' ')}`);
  return linesOf(name, 'bold', fonts, Number.POSITIVE_INFINITY).flatMap(({ parts }) =>
    parts.flatMap(({ text, direction, face }) => {
      const { layout } = face.pdfFont as unknown as {
        layout(text: string, features: unknown): { glyphs: { id: number }[] };
      };
      return layout(text, featuresOf(direction)).glyphs.map(({ id }) => id);
    }),
  );
}

/** The pieces of text of a label's name, with where they begin, from left to right. */
async function piecesOf(pdf: Uint8Array, name: string): Promise<readonly { str: string; x: number }[]> {
  const document = await getDocumentProxy(new Uint8Array(pdf));
  const { items } = await (await document.getPage(1)).getTextContent();
  return items
    .flatMap((one) =>
      'str' in one && one.str.trim() !== '' ? [{ str: one.str, x: one.transform[4] as number }] : [],
    )
    .filter(({ str }) => name.includes(str.trim()) || str.includes(name))
    .sort((one, other) => one.x - other.x);
}

describe('a name', { timeout: 300_000 }, () => {
  it.each([
    ['Arabic', 'محمد بن عبد الله', 'SA'],
    ['Armenian', 'Հայկ Երևանցի', 'AM'],
    ['Bengali', 'রবীন্দ্রনাথ ঠাকুর', 'BD'],
    ['Burmese', 'မြန်မာ ကြောင်', 'MM'],
    ['Chinese, simplified', '张伟（北京）', 'CN'],
    ['Chinese, of Taiwan', '陳怡君，臺北', 'TW'],
    ['Chinese, of Hong Kong', '黃家駒啲嘢', 'HK'],
    ['Devanagari', 'श्री विद्यार्थी क्षत्रिय', 'IN'],
    ['Emoji', 'Anna 🌸❤️', 'DE'],
    ['Ethiopic', 'አበበ ቢቂላ', 'ET'],
    ['Georgian', 'რუსთაველის გამზირი', 'GE'],
    ['Greek and Cyrillic', 'Ωμέγα Иванов', 'GR'],
    ['Gujarati', 'અમદાવાદ શ્રી', 'IN'],
    ['Gurmukhi', 'ਅੰਮ੍ਰਿਤਸਰ ਪੰਜਾਬ', 'IN'],
    ['Hebrew', 'יעל כהן-לוי שָׁלוֹם', 'IL'],
    ['Japanese', '髙橋 さくら（株）ビルヂング', 'JP'],
    ['Kannada', 'ಬೆಂಗಳೂರು ಶ್ರೀ', 'IN'],
    ['Khmer', 'ខ្ញុំ ភ្នំពេញ ស្រី', 'KH'],
    ['Korean', '김철수 서울특별시', 'KR'],
    ['Lao', 'ວຽງຈັນ ນ້ຳ ຢູ່', 'LA'],
    ['Malayalam', 'തിരുവനന്തപുരം ന്റെ', 'IN'],
    ['Oriya', 'ଭୁବନେଶ୍ୱର ଶ୍ରୀ', 'IN'],
    ['Sinhala', 'ශ්‍රී ලංකා කොළඹ', 'LK'],
    ['Tamil', 'தமிழ்நாடு ஸ்ரீ', 'IN'],
    ['Telugu', 'హైదరాబాద్ శ్రీ', 'IN'],
    ['Thaana', 'މާލެ ދިވެހި', 'MV'],
    ['Thai', 'สมชาย น้ำใจดี ปู่', 'TH'],
    ['Tibetan', 'ཐིམ་ཕུ་རྒྱལ', 'BT'],
    ['Urdu', 'لاہور پاکستان گلی ۵', 'PK'],
  ])(
    'in %s has a glyph for each of its letters, and is the same bytes each time',
    async (_, name, country) => {
      expect(await glyphsOf(name, country)).not.toContain(0);
      const pdf = await labelOf(sentTo(name, country), sender, load);
      const anew = familyLoader(cacheFolder(process.env, 'orderly'), process.env, () => undefined);
      expect(Buffer.compare(pdf, await labelOf(sentTo(name, country), sender, anew))).toBe(0);
    },
  );

  it.each([
    ['Arabic', 'لا', 'SA'],
    ['Burmese', 'ကြ', 'MM'],
    ['Devanagari', 'क्षि', 'IN'],
    ['Khmer', 'ស្រី', 'KH'],
    ['Sinhala', 'ශ්‍රී', 'LK'],
    ['Tamil', 'கொ', 'IN'],
    ['Thai', 'น้ำ', 'TH'],
  ])('in %s is shaped: %s is not its characters one by one', async (_, text, country) => {
    const alone = await Promise.all(Array.from(text, (one) => glyphsOf(one, country)));
    expect(await glyphsOf(text, country)).not.toEqual(alone.flat());
  });

  it('in Arabic is joined: a letter looks otherwise between two than alone', async () => {
    const alone = await glyphsOf('م', 'SA');
    const joined = await glyphsOf('محمد', 'SA');
    expect(joined.filter((glyph) => alone.includes(glyph))).toEqual([]);
  });

  it('in Han is drawn as the place where it goes to writes it', async () => {
    const [mainland, japan] = await Promise.all([load('noto-sans-sc'), load('noto-sans-jp')]);
    const facesOf = async (country: string) => {
      const fonts = await fontsFor([{ texts: ['直'], country }], load);
      return fonts.kind === 'fonts' ? fonts.facesOf('直') : undefined;
    };
    expect((await facesOf('CN'))?.bold).toBe(mainland.bold);
    expect((await facesOf('JP'))?.bold).toBe(japan.bold);
  });

  it.each([
    ['Hebrew', 'כהן יעל', 'IL', ['יעל', 'כהן']],
    ['Arabic', 'محمد عمر', 'SA', ['عمر', 'محمد']],
  ])('in %s begins at the right, its first word there', async (_, name, country, fromLeft) => {
    const pieces = await piecesOf(await labelOf(sentTo(name, country), sender, load), name);
    expect(pieces.map(({ str }) => str.normalize('NFKC').trim())).toEqual(fromLeft);
    expect(pieces[0]?.x).toBeGreaterThan(144);
  });

  it('in the widest letters there are is refused where it has too many of them', async () => {
    await expect(labelOf(sentTo('﷽'.repeat(200), 'SA'), sender, load)).rejects.toMatchObject({
      code: 'LABEL_UNPRINTABLE',
      message: 'an address is too long for a label, even in letters of 3 points; no label was written',
    });
  });

  it('can be copied from the label', async () => {
    for (const [name, country] of [
      ['김철수', 'KR'],
      ['髙橋さくら', 'JP'],
      ['รักไทย', 'TH'],
    ] as const) {
      const pieces = await piecesOf(await labelOf(sentTo(name, country), sender, load), name);
      expect(pieces.map(({ str }) => str).join('')).toBe(name);
    }
  });
});

it('a font that cannot be fetched is named, with what to do, and leaves nothing behind', async () => {
  const cache = mkdtempSync(join(tmpdir(), 'orderly-fonts-'));
  onTestFinished(() => rmSync(cache, { recursive: true, force: true }));
  const steps: string[] = [];
  const offline = {
    ...process.env,
    npm_config_registry: 'http://127.0.0.1:9/',
    npm_config_cache: join(cache, 'npm'),
  };
  const nothing = familyLoader(cache, offline, (step) => steps.push(step));
  await expect(labelOf(sentTo('יעל', 'IL'), sender, nothing)).rejects.toMatchObject({
    code: 'FONT_MISSING',
    message: expect.stringMatching(/^the label needs the font noto-sans-hebrew, and npm could not fetch it/),
    remedy: [expect.stringContaining('registry'), expect.stringContaining(cache)],
  });
  expect(steps).toEqual(['fetching the font noto-sans-hebrew with npm (1 MB, once)']);
  expect(readdirSync(cache).filter((name) => name.includes('font'))).toEqual([]);
  expect(existsSync(join(cache, 'font-noto-sans-hebrew-0.4.1'))).toBe(false);
}, 60_000);
