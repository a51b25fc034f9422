import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Face } from '../../../../cli/label/face.ts';
import { graphemesOf, type LabelFonts } from '../../../../cli/label/fonts.ts';
import { type Line, linesOf } from '../../../../cli/label/typeset.ts';

/** A font in which everything is one em wide, but marks. */
const face: Face = {
  pdfFont: '',
  hasGlyph: () => true,
  widthOf: (text) => graphemesOf(text).length,
  ascent: 1,
  descent: 0.25,
};
const fonts: LabelFonts = { facesOf: () => ({ regular: face, bold: face }) };

const set = (text: string, width = 100) => linesOf(text, 'regular', fonts, width);
const seen = ({ parts }: Line) =>
  parts
    .map(({ text, direction }) => (direction === 'rtl' ? graphemesOf(text).toReversed().join('') : text))
    .join('');
const broken = (text: string, width: number) =>
  set(text, width).map(({ parts }) => parts.map((part) => part.text).join(''));

describe('a line', () => {
  it.each([
    ['Anna 5', 'Anna 5', 'ltr'],
    ['אבג 12 דה', 'הד 12 גבא', 'rtl'],
    ['12345 אבג', 'גבא 12345', 'rtl'],
    ['Shop אבג דה 5', 'Shop 5 הד גבא', 'ltr'],
    ['אבג Shop No. 7 דה', 'הד Shop No. 7 גבא', 'rtl'],
    ['شارع 45، شقة', 'ةقش ،45 عراش', 'rtl'],
  ])('of %j is seen as %j', (text, expected, direction) => {
    const [line, ...others] = set(text);
    expect(others).toEqual([]);
    expect(line && seen(line)).toBe(expected);
    expect(line?.direction).toBe(direction);
  });

  it('keeps an override out of its order: it is shown, and orders nothing', () => {
    const [line] = set('a [U+202E] b');
    expect(line && seen(line)).toBe('a [U+202E] b');
  });
});

describe('lines end', () => {
  it.each([
    ['at spaces', 'Main Street 12', 11, ['Main Street', '12']],
    ['behind a comma, not before it', 'abc, def', 4, ['abc,', 'def']],
    ['not behind an opening bracket', 'abc (def)', 5, ['abc', '(def)']],
    ['inside a word that is longer than a line', 'abcdefg h', 3, ['abc', 'def', 'g h']],
    ['between Thai words, which have no spaces', 'กรุงเทพมหานครสุขุมวิท', 12, ['กรุงเทพมหานคร', 'สุขุมวิท']],
    [
      'between Japanese words, and never before punctuation',
      '東京都千代田区、丸の内',
      8,
      ['東京都千代田区、', '丸の内'],
    ],
  ])('%s', (_, text, width, expected) => {
    expect(broken(text, width)).toEqual(expected);
  });

  it('where they must, and lose nothing, whatever is written', () => {
    const letters = fc.constantFrom(...'aZ 5-,(אבש‎ ุก京。한ع', ' ', '🌸', 'é');
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 40 }), fc.integer({ min: 1, max: 12 }), (some, width) => {
        const text = some.join('').trim();
        const lines = set(text, width);
        const solid = (one: string) => Array.from(one.replaceAll(/\s/g, '')).sort().join('');
        expect(solid(lines.flatMap(({ parts }) => parts.map((part) => part.text)).join(''))).toBe(
          solid(text),
        );
        for (const line of lines) expect(line.width).toBeLessThanOrEqual(width);
      }),
    );
  });
});
