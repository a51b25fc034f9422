/**
 * Control characters, bidirectional overrides, line separators and lone surrogates: what can break a line, hide text or
 * turn it round. Joiners stay, since names and emoji need them.
 */
const TREACHEROUS = /[\p{Cc}\p{Bidi_Control}\p{Cs}\u2028\u2029]/gu;

/** A customer's text as one line that shows what is in it: U+202E becomes the eight characters `\u{202e}`. */
export function visible(text: string): string {
  return text.replace(TREACHEROUS, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
