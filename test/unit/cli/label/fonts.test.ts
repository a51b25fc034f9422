import { describe, expect, it } from 'vitest';
import type { Face } from '../../../../cli/label/face.ts';
import { type Family, fontsFor, graphemesOf } from '../../../../cli/label/fonts.ts';

/** Fonts that have everything but Noto Sans, which has ASCII and ü, and what is said to be missing. */
function fakeFonts(missing: Partial<Record<Family, string>> = {}) {
  const loaded: Family[] = [];
  const names = new Map<unknown, Family>();
  const load = async (family: Family) => {
    const hasGlyph = (codePoint: number) =>
      family === 'noto-sans'
        ? codePoint < 0x7f || codePoint === 0xfc
        : !missing[family]?.includes(String.fromCodePoint(codePoint));
    const face: Face = { pdfFont: '', hasGlyph, widthOf: () => 1, ascent: 1, descent: 0 };
    loaded.push(family);
    names.set(face, family);
    return { regular: face, bold: face };
  };
  return { load, loaded, nameOf: (face: Face) => names.get(face) };
}

async function familiesOf(text: string, country: string, fonts = fakeFonts()) {
  const found = await fontsFor([{ texts: [text], country }], fonts.load);
  if (found.kind === 'unprintable') return found.characters;
  return [...new Set(graphemesOf(text).map((one) => fonts.nameOf(found.facesOf(one).bold)))];
}

describe('the font of a character', () => {
  it('is the project’s own where that has it, and no other is loaded', async () => {
    const fonts = fakeFonts();
    expect(await familiesOf('Müller, 7b', 'DE', fonts)).toEqual(['noto-sans']);
    expect(new Set(fonts.loaded)).toEqual(new Set(['noto-sans']));
  });

  it.each([
    ['CN', 'noto-sans-sc'],
    ['SG', 'noto-sans-sc'],
    ['TW', 'noto-sans-tc'],
    ['HK', 'noto-sans-hk'],
    ['MO', 'noto-sans-hk'],
    ['JP', 'noto-sans-jp'],
    ['KR', 'noto-sans-kr'],
  ])('in Han is drawn as where it goes to: %s', async (country, family) => {
    expect(await familiesOf('直骨、', country)).toEqual([family]);
  });

  it.each([
    ['山本さくら', 'noto-sans-jp'],
    ['金 김', 'noto-sans-kr'],
    ['陳ㄔㄣ', 'noto-sans-tc'],
    ['陈、', 'noto-sans-sc'],
  ])('in Han abroad is drawn as the letters beside it say: %s', async (text, family) => {
    expect(await familiesOf(text.replaceAll(' ', ''), 'DE')).toEqual([family]);
  });

  it('in Han that the place itself does not write is of a place that does', async () => {
    const fonts = fakeFonts({ 'noto-sans-jp': '张', 'noto-sans-sc': '' });
    expect(await familiesOf('東张', 'JP', fonts)).toEqual(['noto-sans-jp', 'noto-sans-sc']);
  });

  it.each([
    ['محمد،ـ٣', 'noto-sans-arabic'],
    ['כהן', 'noto-sans-hebrew'],
    ['น้ำ', 'noto-sans-thai'],
    ['ＡＢ', 'noto-sans-sc'],
    ['❤️👩‍👧🇩🇪', 'noto-emoji'],
    ['می‌خوا', 'noto-sans-arabic'],
  ])('of %s is found by its script, joiners, digits and punctuation with it', async (text, family) => {
    expect(await familiesOf(text, 'DE')).toEqual([family]);
  });

  it('is none where no font is known for it, or the one that is lacks it', async () => {
    expect(await familiesOf('aᏣ𐌰', 'DE')).toEqual(['Ꮳ', '𐌰']);
    expect(await familiesOf('בג', 'DE', fakeFonts({ 'noto-sans-hebrew': 'ג' }))).toEqual(['ג']);
  });
});
