import { type LettersTable, nameOf, type StoredLetter } from '../../cli/dead-letters/letters-table.ts';
import { type Change, isAsExpected, isDone, type LetterState } from '../../cli/dead-letters/transitions.ts';

/** Whether a write finds the letter as it expects; tests break it here. */
export type Holds = (found: LetterState, change: Change) => boolean;

/** The dead letters in a map by name, changed under the same conditions as those in the table. */
export function inMemoryLetters(
  letters: Map<string, StoredLetter>,
  holds: Holds = isAsExpected,
): LettersTable {
  return {
    async *summaries({ consumer, reasons = [], since = '', until = '~' }, statuses = []) {
      for (const letter of letters.values()) {
        if (consumer !== undefined && letter.consumer !== consumer) continue;
        if (statuses.length > 0 && !statuses.includes(letter.status)) continue;
        if (reasons.length > 0 && !reasons.includes(letter.reason)) continue;
        if (letter.lastSeenAt >= since && letter.lastSeenAt <= until) yield letter;
      }
    },
    letter: async (key) => letters.get(nameOf(key)),
    async change(key, change) {
      const found = letters.get(nameOf(key));
      if (found === undefined) return { kind: 'refused', found };
      if (!holds(found, change)) {
        return isDone(found, change) ? { kind: 'changed', letter: found } : { kind: 'refused', found };
      }
      const entry = { at: change.at.toISOString(), ...change.note };
      const { version: _, ...written } = change.next;
      const letter = { ...found, ...written, history: [...found.history, entry] };
      letters.set(nameOf(key), letter);
      return { kind: 'changed', letter };
    },
  };
}

/** What the door to the dead letters makes of a letter whose record is given up once more. */
export function givenUpAgain(letter: StoredLetter, at: string): StoredLetter {
  return {
    ...letter,
    status: 'OPEN',
    version: letter.version + 1,
    attempts: letter.attempts + 1,
    lastSeenAt: at,
    runId: undefined,
    reservedUntil: undefined,
    history: [...letter.history, { at, event: 'DEAD_LETTERED' }],
  };
}
