import * as fontkit from 'fontkit';
import * as hb from 'harfbuzzjs';

export type Direction = 'ltr' | 'rtl';

/** A font file as PDFKit takes it, which asks it for the glyphs of a text, and with what a line is measured by. */
export interface Face {
  /** To be given to PDFKit, with `features` of the direction; see `featuresOf`. */
  readonly pdfFont: PDFKit.Mixins.PDFFontSource;
  hasGlyph(codePoint: number): boolean;
  /** Of a text of one direction, in em. */
  widthOf(text: string, direction: Direction): number;
  /** Above the baseline, in em. */
  readonly ascent: number;
  /** Below the baseline, in em. */
  readonly descent: number;
}

/** PDFKit hands a font the text and the features that were asked for, and no direction: OpenType's own tag of it tells. */
export function featuresOf(direction: Direction): PDFKit.Mixins.OpenTypeFeatures[] {
  return [direction === 'rtl' ? 'rtla' : 'ltra'];
}

/**
 * A face whose glyphs are chosen and placed by HarfBuzz, as in browsers. fontkit, which does it in PDFKit, puts Thai and
 * Lao vowels and Burmese prefixes into the wrong place, and fails for Khmer, Telugu and Gurmukhi.
 */
export function faceOf(file: Buffer): Face {
  const font = fontkit.create(file);
  if (!('layout' in font)) throw new TypeError('one font is wanted, not a collection');
  const shaper = new hb.Font(new hb.Face(new hb.Blob(new Uint8Array(file).buffer)));
  const em = font.unitsPerEm;

  const layout = (text: string, features?: unknown) => {
    const rtl = Array.isArray(features) && features.includes('rtla');
    const buffer = shaped(shaper, text, rtl ? 'rtl' : 'ltr');
    return glyphRun(text, buffer, (id) => font.getGlyph(id).advanceWidth);
  };
  return {
    // PDFKit takes what has a `layout` for a font; its types know files alone.
    pdfFont: Object.assign(font, { layout }) as unknown as PDFKit.Mixins.PDFFontSource,
    hasGlyph: (codePoint) => font.hasGlyphForCodePoint(codePoint),
    widthOf: (text, direction) => advanceOf(shaped(shaper, text, direction).getGlyphPositions()) / em,
    ascent: font.ascent / em,
    descent: -font.descent / em,
  };
}

/** Glyphs from left to right, whatever the direction of the text. */
function shaped(shaper: hb.Font, text: string, direction: Direction): hb.Buffer {
  const buffer = new hb.Buffer();
  buffer.addText(text);
  buffer.setDirection(direction === 'rtl' ? hb.Direction.RTL : hb.Direction.LTR);
  // Of the machine, if it were not set.
  buffer.setLanguage('und');
  // A mark stays apart from its letter, so that who copies the text gets both.
  buffer.setClusterLevel(hb.ClusterLevel.MONOTONE_CHARACTERS);
  buffer.guessSegmentProperties();
  hb.shape(shaper, buffer);
  return buffer;
}

function advanceOf(positions: readonly hb.GlyphPosition[]): number {
  return positions.reduce((sum, { xAdvance }) => sum + xAdvance, 0);
}

/** As fontkit's `layout` answers; measures in the font's units. */
function glyphRun(text: string, buffer: hb.Buffer, advanceWidthOf: (glyph: number) => number) {
  const infos = buffer.getGlyphInfos();
  const positions = buffer.getGlyphPositions();
  const starts = [...new Set(infos.map(({ cluster }) => cluster))].sort((one, other) => one - other);
  /** The text of a cluster; its first glyph stands for it, so that it is copied once. */
  const texts = new Map(starts.map((start, index) => [start, text.slice(start, starts[index + 1])]));
  const glyphs = infos.map(({ codepoint: id, cluster }) => {
    const codePoints = Array.from(texts.get(cluster) ?? '', (one) => one.codePointAt(0) ?? 0);
    texts.delete(cluster);
    return { id, codePoints, advanceWidth: advanceWidthOf(id) };
  });
  return {
    glyphs,
    // PDFKit scales what it is given.
    positions: positions.map(({ xAdvance, yAdvance, xOffset, yOffset }) => ({
      xAdvance,
      yAdvance,
      xOffset,
      yOffset,
    })),
    advanceWidth: advanceOf(positions),
  };
}
