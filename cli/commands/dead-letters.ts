import { LocalCloudError } from '../../local/errors.ts';
import type { AppAddress } from '../app/address.ts';
import { withDeadLetters } from '../dead-letters/dead-letters.ts';
import {
  describeLetter,
  describeLetters,
  describeNoLetter,
  letterJson,
} from '../dead-letters/describe-letter.ts';
import { describeRuns } from '../dead-letters/describe-runs.ts';
import { chosenLetters, type LetterChoice, selectionOf } from '../dead-letters/letter-choice.ts';
import type { LetterSummary } from '../dead-letters/stored-letter.ts';
import type { Terminal } from '../terminal.ts';

const NEED_SOMEBODY: readonly LetterSummary['status'][] = ['OPEN', 'REPLAYING', 'PARKED'];

interface JsonOption {
  readonly json: boolean;
}

/** `orderly dead-letters list`: the letters that need somebody, or those in the statuses asked for. */
export async function listLetters(
  at: AppAddress,
  choice: LetterChoice & { readonly status: readonly LetterSummary['status'][] },
  { json }: JsonOption,
  terminal: Terminal,
): Promise<void> {
  const statuses = choice.status.length > 0 ? choice.status : NEED_SOMEBODY;
  const found = await withDeadLetters(at, async ({ letters }) =>
    chosenLetters(letters, await selectionOf(letters, choice), statuses),
  );
  if (json) return terminal.out(JSON.stringify(found));
  terminal.out(found.length === 0 ? describeNoLetter(statuses) : describeLetters(found));
}

/** `orderly dead-letters show <id>`: all that is known of one letter, what its record says included. */
export async function showLetter(
  at: AppAddress,
  id: string,
  { json, consumer }: JsonOption & { readonly consumer?: string | undefined },
  terminal: Terminal,
): Promise<void> {
  const letter = await withDeadLetters(at, async ({ letters }) => {
    const { keys } = await selectionOf(letters, { ids: [id], consumer, letterReason: [] });
    const [key] = keys;
    return key && letters.letter(key);
  });
  if (letter === undefined) {
    throw new LocalCloudError('LETTER_NOT_FOUND', `there is no dead letter ${id} any more`);
  }
  terminal.out(json ? JSON.stringify(letterJson(letter)) : describeLetter(letter));
}

/** `orderly dead-letters runs`: who replayed or discarded what, when and why, the newest first. */
export async function listRuns(at: AppAddress, { json }: JsonOption, terminal: Terminal): Promise<void> {
  const runs = await withDeadLetters(at, ({ audit }) => audit.runs());
  if (json) return terminal.out(JSON.stringify(runs));
  terminal.out(runs.length === 0 ? 'Nothing was replayed or discarded yet.' : describeRuns(runs));
}
