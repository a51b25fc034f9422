/** Which letters a command is about: the words of the command line, made a selection, made letters. */
import type { LetterStatus } from '../../functions/dead-letters/letter.ts';
import { theOne } from '../../local/cli/the-one.ts';
import { ORDERLY } from '../command-line.ts';
import { OrderSystemError } from '../errors.ts';
import {
  type LetterKey,
  type LetterSummary,
  type LettersTable,
  nameOf,
  type Selection,
  type StoredLetter,
} from './letters-table.ts';

const CANDIDATES_SHOWN = 10;

/**
 * The letters of a selection in the order of their records; those that were named one by one whatever their status, all
 * others in the statuses given. Throws `LETTER_NOT_FOUND` for a named one that is gone.
 */
export async function selected(
  letters: LettersTable,
  selection: Selection,
  statuses: readonly LetterStatus[],
): Promise<LetterSummary[]> {
  const { keys = [], ...common } = selection;
  const found: LetterSummary[] = [];
  if (keys.length === 0) {
    for await (const letter of letters.summaries(common, statuses)) found.push(letter);
  }
  for (const key of keys) {
    const letter = await letters.letter(key);
    if (letter === undefined) throw notFound(nameOf(key));
    found.push(letter);
  }
  return inRecordOrder(found);
}

/** The letters that a command line is about: those in its selection and those that its words name. */
export async function chosen(
  letters: LettersTable,
  { ids = [], selection }: { readonly ids?: readonly string[]; readonly selection: Selection },
  statuses: readonly LetterStatus[],
): Promise<LetterSummary[]> {
  return selected(letters, await withNamed(letters, selection, ids), statuses);
}

/**
 * A selection with the letters too that words on the command line mean: each a record id, `<consumer>/<record id>`, or a
 * part of one that only one letter has. Throws `LETTER_NOT_FOUND`, or `LETTER_AMBIGUOUS` with the letters that it may be.
 */
export async function withNamed(
  letters: LettersTable,
  selection: Selection,
  words: readonly string[],
): Promise<Selection> {
  if (words.length === 0) return selection;
  const candidates = new Map(words.map((word) => [word, [] as LetterSummary[]]));
  for await (const letter of letters.summaries({ consumer: selection.consumer })) {
    const name = nameOf(letter).toLowerCase();
    for (const [word, found] of candidates) if (name.includes(word.toLowerCase())) found.push(letter);
  }
  const keys = [...candidates].map(([word, found]) => oneOf(word, found));
  return { ...selection, keys: [...new Map(keys.map((key) => [nameOf(key), key])).values()] };
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

function notFound(word: string): OrderSystemError {
  return new OrderSystemError('LETTER_NOT_FOUND', `there is no dead letter ${word}`, {
    remedy: [`${ORDERLY} dead-letters list names those that need somebody.`],
  });
}

function ambiguous(word: string, names: readonly string[]): OrderSystemError {
  const more = names.length - CANDIDATES_SHOWN;
  return new OrderSystemError('LETTER_AMBIGUOUS', `${word} may be several dead letters`, {
    remedy: [
      'Name one of these:',
      ...names.slice(0, CANDIDATES_SHOWN),
      ...(more > 0 ? [`and ${more} more`] : []),
    ],
  });
}

/** The clocks of this machine and of whoever writes letters may differ by so much. */
const CLOCKS_MS = 5 * 60_000;

/** The letters of a selection that were given up since a time, in whatever status, and whose record is one looked for. */
export async function lettersSince(
  letters: LettersTable,
  since: Date,
  selection: Pick<Selection, 'consumer'>,
  isLookedFor: (letter: StoredLetter) => boolean,
): Promise<readonly StoredLetter[]> {
  const from = new Date(since.getTime() - CLOCKS_MS).toISOString();
  const found: StoredLetter[] = [];
  for await (const summary of letters.summaries({ ...selection, since: from })) {
    const letter = await letters.letter(summary);
    if (letter !== undefined && isLookedFor(letter)) found.push(letter);
  }
  return found;
}

/** Letters in the order in which they are replayed: a consumer's partitions one after another, each by its offsets. */
function inRecordOrder(letters: readonly LetterSummary[]): LetterSummary[] {
  return letters.toSorted(
    (one, other) =>
      compare(one.consumer, other.consumer) ||
      compare(one.topic, other.topic) ||
      one.partition - other.partition ||
      one.offset - other.offset ||
      one.timestamp - other.timestamp,
  );
}

function compare(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}
