import { describe, expect, it } from 'vitest';
import { shownWith } from '../../../../cli/label/glyphs.ts';

/** A font of printable ASCII and é. */
const hasGlyph = (codePoint: number) => (codePoint >= 0x20 && codePoint < 0x7f) || codePoint === 0xe9;
const shown = (text: string) => shownWith(hasGlyph, text).text;

describe('a text on a label', () => {
  it('stays as it is where the font has its letters', () => {
    expect(shownWith(hasGlyph, 'Anna née B')).toEqual({ text: 'Anna née B', missing: [] });
  });

  it.each([
    ['京都 1', '[U+4EAC 90FD] 1'],
    ['1 京', '1 [U+4EAC]'],
    ['京a都', '[U+4EAC]a[U+90FD]'],
    ['🎁', '[U+1F381]'],
    ['a\nb', 'a[U+000A]b'],
    ['\u202eevil', '[U+202E]evil'],
    ['a\u200db', 'a[U+200D]b'],
    ['a\ud800b', 'a[U+D800]b'],
    ['', ''],
  ])('%j becomes %j, so that nothing is dropped unseen', (text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  it('tells each character that has no glyph', () => {
    expect(shownWith(hasGlyph, '京a都京').missing).toEqual(['京', '都', '京']);
  });

  it('puts letters and their accents together first', () => {
    expect(shown('ne\u0301e')).toBe('née');
  });

  it('does not trust a glyph for what is no letter', () => {
    expect(shownWith(() => true, 'a\u202eb\tc').text).toBe('a[U+202E]b[U+0009]c');
  });
});
