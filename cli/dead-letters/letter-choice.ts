import type { LetterReason, LetterStatus } from '../../functions/dead-letters/letter.ts';
import type { LettersTable } from './letters-table.ts';
import { inRecordOrder } from './plan.ts';
import { lettersNamed, type Selection, selected } from './selection.ts';
import type { LetterSummary } from './stored-letter.ts';

/** Which letters a command line chooses: by their ids, or by what they have in common. */
export interface LetterChoice {
  readonly ids: readonly string[];
  readonly consumer?: string | undefined;
  readonly letterReason: readonly LetterReason[];
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

/** The selection that a command line means. Throws `LETTER_NOT_FOUND` for an id that is none, `LETTER_AMBIGUOUS` for several. */
export async function selectionOf(letters: LettersTable, choice: LetterChoice): Promise<Selection> {
  const { ids, consumer, letterReason: reasons, since, until } = choice;
  return { consumer, reasons, since, until, keys: await lettersNamed(letters, consumer, ids) };
}

/** The letters of a selection in the order of their records. */
export async function chosenLetters(
  letters: LettersTable,
  selection: Selection,
  statuses: readonly LetterStatus[],
): Promise<LetterSummary[]> {
  const found: LetterSummary[] = [];
  for await (const letter of selected(letters, selection, statuses)) found.push(letter);
  return inRecordOrder(found);
}
