/** Sets a text in lines: characters to fonts, directions, line breaks, and parts from left to right. */
import bidiFactory, { type Bidi } from 'bidi-js';
import type { Direction, Face } from './face.ts';
import { graphemesOf, type LabelFonts, type Weight } from './fonts.ts';

/** A piece of a line in one font and one direction. */
interface Part {
  readonly text: string;
  readonly direction: Direction;
  readonly face: Face;
}

/** A line as it is seen. */
export interface Line {
  /** From left to right. */
  readonly parts: readonly Part[];
  /** Of its paragraph: such lines begin at the right. */
  readonly direction: Direction;
  /** In em. */
  readonly width: number;
  readonly ascent: number;
  readonly descent: number;
}

// Its types take Node's default import for a namespace.
const bidi = (bidiFactory as unknown as () => Bidi)();

/**
 * Controls, formats such as bidirectional overrides, lone surrogates, what is invisible. The same as in mails and manifests
 * (`functions/orders/text.ts`): a test compares the two over all of Unicode.
 */
const TREACHEROUS =
  /(?<flag>\p{RGI_Emoji_Tag_Sequence})|[[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]--[\p{Join_Control}\p{Variation_Selector}]]+/gv;

/** A text as one line that shows what is in it, accents put to their letters: a line feed becomes `[U+000A]`. */
export function printable(text: string): string {
  return text.normalize('NFC').replace(TREACHEROUS, (found, flag) => flag ?? `[${numbersOf(found)}]`);
}

/** The code points of a text: `U+000D 000A`. */
export function numbersOf(text: string): string {
  const hex = (character: string) =>
    (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return `U+${Array.from(text, hex).join(' ')}`;
}

/** A run of characters that have font and level in common; a run never has two scripts that are shaped otherwise. */
interface Run {
  readonly start: number;
  readonly end: number;
  readonly level: number;
  readonly face: Face;
}

/**
 * The lines of a printable text.
 *
 * Directions are those of the Unicode Bidirectional Algorithm (https://www.unicode.org/reports/tr9/), the paragraph's
 * being that of its first letter.
 *
 * @param width in em; a line is wider only if a single character is
 */
export function linesOf(text: string, weight: Weight, fonts: LabelFonts, width: number): readonly Line[] {
  const embedding = bidi.getEmbeddingLevels(text, 'auto');
  const direction = directionOf(embedding.paragraphs[0]?.level ?? 0);
  const runs = runsOf(text, embedding.levels, weight, fonts);
  const widthOf = (start: number, end: number) =>
    within(runs, start, end).reduce(
      (sum, run) => sum + run.face.widthOf(text.slice(run.start, run.end), directionOf(run.level)),
      0,
    );
  const trimmed = (start: number, end: number) => start + text.slice(start, end).trimEnd().length;
  const fits = (start: number, end: number) => widthOf(start, trimmed(start, end)) <= width;

  return brokenLines(text, fits).map(([start, end]) => {
    const seen = trimmed(start, end);
    const parts = within(runs, start, seen);
    const order = seen === start ? [] : bidi.getReorderedIndices(text, embedding, start, seen - 1);
    const inOrder = new Set(
      order.flatMap((at) => parts.find((run) => run.start <= at && at < run.end) ?? []),
    );
    return {
      parts: Array.from(inOrder, (run) => ({
        text: text.slice(run.start, run.end),
        direction: directionOf(run.level),
        face: run.face,
      })),
      direction,
      width: widthOf(start, seen),
      ascent: Math.max(...parts.map(({ face }) => face.ascent)),
      descent: Math.max(...parts.map(({ face }) => face.descent)),
    };
  });
}

const directionOf = (level: number): Direction => (level % 2 === 1 ? 'rtl' : 'ltr');

function runsOf(text: string, levels: Uint8Array, weight: Weight, fonts: LabelFonts): readonly Run[] {
  const runs: (Run & { readonly devanagari: boolean })[] = [];
  let at = 0;
  for (const grapheme of graphemesOf(text)) {
    const run = {
      start: at,
      end: at + grapheme.length,
      level: levels[at] ?? 0,
      face: fonts.facesOf(grapheme)[weight],
      // The one script beside others in one font that is shaped otherwise.
      devanagari: /\p{sc=Devanagari}/u.test(grapheme),
    };
    const last = runs.at(-1);
    if (last?.face === run.face && last.level === run.level && last.devanagari === run.devanagari) {
      runs[runs.length - 1] = { ...last, end: run.end };
    } else runs.push(run);
    at = run.end;
  }
  return runs;
}

function within(runs: readonly Run[], start: number, end: number): readonly Run[] {
  return runs
    .map((run) => ({ ...run, start: Math.max(run.start, start), end: Math.min(run.end, end) }))
    .filter((run) => run.start < run.end);
}

/** Start and end of each line, as much in each as fits; what has no place to break is broken between characters. */
function brokenLines(
  text: string,
  fits: (start: number, end: number) => boolean,
): readonly (readonly [start: number, end: number])[] {
  const lines: [number, number][] = [];
  let start = 0;
  let end = 0;
  const add = (next: number): void => {
    if (end > start && !fits(start, next)) {
      lines.push([start, end]);
      start = end;
    }
    end = next;
  };
  for (const next of breaksOf(text)) {
    if (fits(end, next)) add(next);
    else {
      for (const grapheme of graphemesOf(text.slice(end, next))) add(end + grapheme.length);
    }
  }
  return end > start ? [...lines, [start, end]] : lines;
}

const words = new Intl.Segmenter('en', { granularity: 'word' });

/**
 * Where a line may end: behind a word with what follows it, before an opening bracket. The segmenter has dictionaries
 * for what is written without spaces: Chinese, Japanese, Thai, Lao, Khmer, Burmese.
 */
function breaksOf(text: string): readonly number[] {
  const breaks: number[] = [];
  for (const { segment, index, isWordLike } of words.segment(text)) {
    const opens = /^[\p{Ps}\p{Pi}]/u.test(segment);
    const follows = /[\p{Ps}\p{Pi}]/u.test(text.charAt(index - 1));
    if (index > 0 && (isWordLike || opens) && !follows) breaks.push(index);
  }
  return [...breaks, text.length];
}
