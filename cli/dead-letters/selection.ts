import type { LetterReason, LetterStatus } from '../../functions/dead-letters/letter.ts';
import { ORDERLY } from '../../local/command-line.ts';
import { LocalCloudError } from '../../local/errors.ts';
import { theOne } from '../the-one.ts';
import type { LettersTable } from './letters-table.ts';
import type { LetterKey, LetterSummary } from './stored-letter.ts';

/** Which letters a command is about; what is absent or empty leaves none out. */
export interface Selection {
  readonly consumer?: string | undefined;
  readonly reasons: readonly LetterReason[];
  /** ISO 8601, inclusive, as `until`: when the record was dead-lettered last. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** Letters that were named one by one, instead of by anything else but their consumer. */
  readonly keys: readonly LetterKey[];
}

const CANDIDATES_SHOWN = 10;

/** The letters of a selection; those that were named by id whatever their status, all others in the statuses given. */
export async function* selected(
  letters: LettersTable,
  { keys, ...filter }: Selection,
  statuses: readonly LetterStatus[],
): AsyncIterable<LetterSummary> {
  if (keys.length === 0) {
    yield* letters.summaries({ ...filter, statuses });
    return;
  }
  for (const key of keys) {
    const letter = await letters.letter(key);
    if (letter === undefined) throw notFound(nameOf(key));
    yield letter;
  }
}

/**
 * The letters that words on the command line mean: each a record id, `<consumer>/<record id>`, or a part of one that
 * only one letter has. Throws `LETTER_NOT_FOUND`, or `LETTER_AMBIGUOUS` with the letters that it may be.
 */
export async function lettersNamed(
  letters: LettersTable,
  consumer: string | undefined,
  words: readonly string[],
): Promise<LetterKey[]> {
  if (words.length === 0) return [];
  const candidates = new Map(words.map((word) => [word, [] as LetterSummary[]]));
  for await (const letter of letters.summaries({ consumer })) {
    const name = nameOf(letter).toLowerCase();
    for (const [word, found] of candidates) if (name.includes(word.toLowerCase())) found.push(letter);
  }
  const keys = [...candidates].map(([word, found]) => oneOf(word, found));
  return [...new Map(keys.map((key) => [nameOf(key), key])).values()];
}

function oneOf(word: string, found: readonly LetterSummary[]): LetterKey {
  const choice = theOne(found, word, (letter) => [letter.recordId, nameOf(letter)]);
  switch (choice.kind) {
    case 'one': {
      const { consumer, recordId } = choice.item;
      return { consumer, recordId };
    }
    case 'several':
      throw ambiguous(word, choice.items.map(nameOf));
    case 'none':
      throw notFound(word);
  }
}

function notFound(word: string): LocalCloudError {
  return new LocalCloudError('LETTER_NOT_FOUND', `there is no dead letter ${word}`, {
    remedy: [`${ORDERLY} dead-letters list names those that need somebody.`],
  });
}

function ambiguous(word: string, names: readonly string[]): LocalCloudError {
  const more = names.length - CANDIDATES_SHOWN;
  return new LocalCloudError('LETTER_AMBIGUOUS', `${word} may be several dead letters`, {
    remedy: [
      'Name one of these:',
      ...names.slice(0, CANDIDATES_SHOWN),
      ...(more > 0 ? [`and ${more} more`] : []),
    ],
  });
}

/** How a letter is called among those of all consumers. */
export function nameOf({ consumer, recordId }: LetterKey): string {
  return `${consumer}/${recordId}`;
}
