import { describe, expect, it } from 'vitest';
import { colourOf, hueOf, shortKey } from '../../../../local/events/key.ts';

describe("a key's colour", () => {
  it('is the same everywhere, and far from its neighbours', () => {
    const hues = Array.from({ length: 8 }, (_, n) => hueOf(`key-${n + 1}`)).sort((a, b) => a - b);
    const gaps = hues.slice(1).map((hue, n) => hue - (hues[n] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThan(15);
    expect(colourOf('key-3')).not.toBe(colourOf('key-4'));
  });

  it('is a colour for each hue, on which black is read (WCAG: 7 to 1)', () => {
    const luminance = (colour: string) => {
      const [r = 0, g = 0, b = 0] = [1, 3, 5].map((from) => {
        const light = Number.parseInt(colour.slice(from, from + 2), 16) / 255;
        return light <= 0.04045 ? light / 12.92 : ((light + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    for (let n = 0; n < 360; n++) {
      expect(colourOf(`key-${n}`)).toMatch(/^#[0-9a-f]{6}$/);
      expect((luminance(colourOf(`key-${n}`)) + 0.05) / 0.05).toBeGreaterThan(7);
    }
  });

  it('is written with one or two letters', () => {
    expect(['key-1', 'key-10', 'key-123', 'alice', 'a', '', '☂'].map(shortKey)).toEqual([
      '1',
      '10',
      '23',
      'al',
      'a',
      '?',
      '?',
    ]);
    expect(shortKey(null)).toBe('·');
  });
});
