import type { LettersTable, StoredLetter } from '../dead-letters/letters-table.ts';

/** The clocks of this machine and of whoever writes letters may differ by so much. */
const CLOCKS_MS = 5 * 60_000;

/** The dead letters of one order's records, in whatever status, among those given up since a time. */
export async function lettersOf(
  letters: LettersTable,
  orderId: string,
  since: Date,
): Promise<readonly StoredLetter[]> {
  const found: StoredLetter[] = [];
  const from = new Date(since.getTime() - CLOCKS_MS).toISOString();
  for await (const summary of letters.summaries({ since: from })) {
    const letter = await letters.letter(summary);
    if (letter?.key !== undefined && Buffer.from(letter.key).toString('utf8') === orderId) found.push(letter);
  }
  return found;
}
