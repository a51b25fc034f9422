import { describe, expect, it } from 'vitest';
import { printable } from '../../../../cli/label/typeset.ts';
import { csvOf, manifestRowOf } from '../../../../functions/manifest/csv.ts';
import { ManifestId } from '../../../../functions/manifest/files.ts';
import { showsSomething, visible } from '../../../../functions/orders/text.ts';
import { shipment } from '../../../support/shipments.ts';

function* allOfUnicode(): Generator<string> {
  for (let codePoint = 0; codePoint <= 0x10ffff; codePoint += 1) yield String.fromCodePoint(codePoint);
}

describe('a text shows something', () => {
  it.each(['Ada', 'Ø', '王', '9', '.', '👩', 'e\u0301', '\u00a0x', '\u200fש', 'ｱ', '\u1f3f4x'])(
    'if it is %j',
    (text) => {
      expect(showsSomething(text)).toBe(true);
    },
  );

  it.each([
    ['nothing', ''],
    ['spaces', ' \t\u00a0\u2003\u3000'],
    ['the Hangul filler', '\u3164'],
    ['other fillers', '\u115f\u1160\uffa0'],
    ['the blank Braille pattern', '\u2800'],
    ['zero-width space and joiners', '\u200b\u200c\u200d\u2060\ufeff'],
    ['a soft hyphen', '\u00ad'],
    ['an accent alone', '\u0301'],
    ['bidirectional overrides', '\u202e\u2066'],
    ['controls', '\u0000\u0007\u0085'],
    ['variation selectors', '\ufe0f\u{e0100}'],
    ['tags', '\u{e0041}'],
    ['the null notehead', '\u{1d159}'],
    ['half a surrogate pair', '\ud800'],
  ])('not if it is %s', (_, text) => {
    expect(showsSomething(text)).toBe(false);
    expect(showsSomething(`${text} ${text}`)).toBe(false);
  });

  it('not if it is anything that Unicode says is invisible by default', () => {
    const invisible = [...allOfUnicode()].filter((one) => /\p{Default_Ignorable_Code_Point}/u.test(one));
    expect(invisible.length).toBeGreaterThan(4_000);
    expect(invisible.filter(showsSomething)).toEqual([]);
  });
});

describe('visible', () => {
  it.each([
    ['a\u202eb', 'a[U+202E]b'],
    ['a\u2066b\u2069', 'a[U+2066]b[U+2069]'],
    ['a\u200fb', 'a[U+200F]b'],
    ['line\r\nbreak', 'line[U+000D 000A]break'],
    ['\u0000\u0007\u007f\u0085', '[U+0000 0007 007F 0085]'],
    ['\u2028\u2029', '[U+2028 2029]'],
    ['lone \ud800 surrogate', 'lone [U+D800] surrogate'],
    ['a\u00ad\u200b\u3164b', 'a[U+00AD 200B 3164]b'],
    ['hi\u{e0068}\u{e0069}', 'hi[U+E0068 E0069]'],
  ])('shows what hides: %j', (text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it.each(['Ada Lovelace', 'Zoë Müller', '王小明', 'שרה', 'می‌خواهم', '👩‍👧 family', '🏴󠁧󠁢󠁳󠁣󠁴󠁿', '葛󠄀', ''])(
    'leaves %j as it is',
    (text) => {
      expect(visible(text)).toBe(text);
    },
  );

  it('is what a label shows, character by character', () => {
    const differ = [...allOfUnicode()].filter((one) => printable(one) !== visible(one.normalize('NFC')));
    expect(differ).toEqual([]);
  });

  it('is what a manifest shows, character by character', () => {
    const row = manifestRowOf(shipment('text'));
    const id = ManifestId.parse('2026-03-01-post');
    const marked = [...allOfUnicode()].filter((one) => visible(one) !== one);
    expect(marked.length).toBeGreaterThan(4_000);
    const csv = csvOf(
      id,
      marked.map((one) => ({ ...row, address: { ...row.address, name: `<${one}>` } })),
    );
    for (const one of marked) expect(csv).toContain(`,<${visible(one)}>,`);
  });
});
