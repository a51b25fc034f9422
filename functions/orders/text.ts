/**
 * What people write: whether it shows anything, and how it is shown. One rule for mail, manifest and label alike; the label's
 * own copy (`cli/label/typeset.ts`) is compared with this one over all of Unicode by a test.
 *
 * All by Unicode's properties (UAX #44, https://www.unicode.org/reports/tr44/), so that a newer Unicode brings its own.
 */

/**
 * A letter, number, punctuation mark or symbol that isn't invisible. By name stand those that a font draws as nothing though
 * no property says so: the blank Braille pattern, the null notehead, the two blanks of Egyptian hieroglyphs.
 */
const SHOWN =
  /[[\p{L}\p{N}\p{P}\p{S}]--[\p{Default_Ignorable_Code_Point}\u{2800}\u{1d159}\u{13441}\u{13442}]]/v;

/**
 * Whether a text shows anything to whoever reads it. Spaces, fillers (U+3164), soft hyphens, zero-width characters and combining
 * marks alone show nothing.
 */
export function showsSomething(text: string): boolean {
  return SHOWN.test(text);
}

/**
 * What can break a line, hide text or turn it round: controls (Cc), formats (Cf, with bidirectional overrides and tags), lone
 * surrogates, line and paragraph separators, and everything else that is invisible by default. Joiners and variation selectors
 * stay, since names and emoji need them, and so do the flags that are spelled in tags.
 */
const TREACHEROUS =
  /(?<flag>\p{RGI_Emoji_Tag_Sequence})|[[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]--[\p{Join_Control}\p{Variation_Selector}]]+/gv;

/** A text as one line that shows what is in it: a carriage return and a line feed become `[U+000D 000A]`. */
export function visible(text: string): string {
  return text.replace(TREACHEROUS, (found, flag) => flag ?? `[U+${[...found].map(hex).join(' ')}]`);
}

function hex(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}
