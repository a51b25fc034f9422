import { describe, expect, it } from 'vitest';
import { visible } from '../../../../functions/email/visible.ts';

describe('visible', () => {
  it.each([
    ['a\u202eb', 'a\\u{202e}b'],
    ['a\u2066b\u2069', 'a\\u{2066}b\\u{2069}'],
    ['a\u200fb', 'a\\u{200f}b'],
    ['line\r\nbreak', 'line\\u{d}\\u{a}break'],
    ['\u0000\u0007\u007f\u0085', '\\u{0}\\u{7}\\u{7f}\\u{85}'],
    ['\u2028\u2029', '\\u{2028}\\u{2029}'],
    ['lone \ud800 surrogate', 'lone \\u{d800} surrogate'],
  ])('shows what hides: %j', (text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it.each(['Ada Lovelace', 'Zoë Müller', '王小明', 'שרה', 'می‌خواهم', '👩‍👧 family', ''])(
    'leaves %j as it is',
    (text) => {
      expect(visible(text)).toBe(text);
    },
  );
});
