import type { AppAddress } from '../../local/cli/app.ts';
import type { Terminal } from '../../local/cli/terminal.ts';
import { LocalCloudError } from '../../local/errors.ts';
import { describeRuns } from '../dead-letters/audited-run.ts';
import { withDeadLetters } from '../dead-letters/dead-letters.ts';
import {
  describeLetter,
  describeLetters,
  describeNoLetter,
  letterJson,
} from '../dead-letters/describe-letter.ts';
import type { LetterSummary, Selection } from '../dead-letters/letters-table.ts';
import { selected, withNamed } from '../dead-letters/selection.ts';

const NEED_SOMEBODY: readonly LetterSummary['status'][] = ['OPEN', 'REPLAYING', 'PARKED'];

interface JsonOption {
  readonly json: boolean;
}

/** `orderly dead-letters list`: the letters that need somebody, or those in the statuses asked for. */
export async function listLetters(
  at: AppAddress,
  ids: readonly string[],
  selection: Selection,
  { status, json }: JsonOption & { readonly status: readonly LetterSummary['status'][] },
  terminal: Terminal,
): Promise<void> {
  const statuses = status.length > 0 ? status : NEED_SOMEBODY;
  const found = await withDeadLetters(at, async ({ letters }) =>
    selected(letters, await withNamed(letters, selection, ids), statuses),
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
    const { keys: [key] = [] } = await withNamed(letters, { consumer }, [id]);
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
