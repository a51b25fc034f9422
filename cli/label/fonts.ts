import { readFile } from 'node:fs/promises';
import * as fontkit from 'fontkit';
import type { HasGlyph } from './glyphs.ts';

/** TrueType files, and what both of them can show. */
export interface LabelFonts {
  readonly regular: Buffer;
  readonly bold: Buffer;
  readonly hasGlyph: HasGlyph;
}

/**
 * Noto Sans: Latin, Greek, Cyrillic, Devanagari and Vietnamese. Fonts for Chinese, Japanese and Korean are ten times its
 * size; the Universal Postal Union asks for Latin letters on what crosses a border, anyway.
 */
export async function labelFonts(): Promise<LabelFonts> {
  const [regular, bold] = await Promise.all([
    readFile(new URL(import.meta.resolve('@expo-google-fonts/noto-sans/400Regular/NotoSans_400Regular.ttf'))),
    readFile(new URL(import.meta.resolve('@expo-google-fonts/noto-sans/700Bold/NotoSans_700Bold.ttf'))),
  ]);
  const fonts = [regular, bold].map((file) => fontkit.create(file));
  return {
    regular,
    bold,
    hasGlyph: (codePoint) =>
      fonts.every((font) => 'hasGlyphForCodePoint' in font && font.hasGlyphForCodePoint(codePoint)),
  };
}
