/** Whether a font can show a character. */
export type HasGlyph = (codePoint: number) => boolean;

/** A text that a font can show, and the characters of it that it shows by number. */
export interface Shown {
  readonly text: string;
  readonly missing: readonly string[];
}

/**
 * Controls, formats such as bidirectional overrides, lone surrogates, what is invisible: no letters, whatever glyph a font has
 * for them. The same as in mails and manifests (`functions/orders/text.ts`): a test compares the two over all of Unicode.
 */
const NO_LETTER =
  /[[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]--[\p{Join_Control}\p{Variation_Selector}]]/v;

/**
 * A text with every character that has no glyph written by its number, neighbours together: `京都` is `[U+4EAC 90FD]`. So
 * nothing is dropped unseen, and nobody takes an empty box for a letter.
 */
export function shownWith(hasGlyph: HasGlyph, text: string): Shown {
  const missing: string[] = [];
  let shown = '';
  let open = false;
  // Composed first: fonts have é, and not always the accent alone.
  for (const character of text.normalize('NFC')) {
    const codePoint = character.codePointAt(0) ?? 0;
    const has = !NO_LETTER.test(character) && hasGlyph(codePoint);
    if (open && has) shown += ']';
    if (has) shown += character;
    else {
      missing.push(character);
      shown += `${open ? ' ' : '[U+'}${codePoint.toString(16).toUpperCase().padStart(4, '0')}`;
    }
    open = !has;
  }
  return { text: open ? `${shown}]` : shown, missing };
}
