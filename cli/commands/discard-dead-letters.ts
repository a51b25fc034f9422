import { randomUUID } from 'node:crypto';
import type { AppAddress } from '../../local/cli/app.ts';
import type { Terminal } from '../../local/cli/terminal.ts';
import type { Run } from '../dead-letters/audit.ts';
import {
  auditedRun,
  describeRun,
  LETTERS_IN_FLIGHT,
  type LetterResult,
  operator,
} from '../dead-letters/audited-run.ts';
import { withDeadLetters } from '../dead-letters/dead-letters.ts';
import { describeLetters, describeNoLetter } from '../dead-letters/describe-letter.ts';
import type { LetterSummary, LettersTable, Selection } from '../dead-letters/letters-table.ts';
import { selected, withNamed } from '../dead-letters/selection.ts';
import { discard, newRunId, type RunId } from '../dead-letters/transitions.ts';
import { workThrough } from '../work-through.ts';

const DISCARDABLE = ['OPEN', 'PARKED'] as const;

export interface DiscardOptions {
  /** Words that name letters, beside the selection. */
  readonly ids?: readonly string[];
  readonly selection: Selection;
  readonly execute: boolean;
  /** Why, in the operator's words; needed to execute. */
  readonly reason?: string | undefined;
  readonly json: boolean;
}

/**
 * `orderly dead-letters discard`: sets letters aside for good, or says which ones it would. Their rows stay.
 *
 * @param who is written down for whoever asks later
 * @returns whether every letter chosen was discarded; a plan alone always is as asked
 */
export async function discardLetters(
  at: AppAddress,
  { ids = [], execute, reason = '', json, ...options }: DiscardOptions,
  terminal: Terminal,
  interrupted: AbortSignal,
  who: string = operator(),
): Promise<boolean> {
  return withDeadLetters(at, async ({ letters, audit }) => {
    const selection = await withNamed(letters, options.selection, ids);
    const chosen = await selected(letters, selection, DISCARDABLE);
    if (!execute) {
      if (json) terminal.out(JSON.stringify({ letters: chosen }));
      else if (chosen.length === 0) terminal.out(describeNoLetter(DISCARDABLE));
      else {
        const what = `Nothing was done. To discard ${chosen.length === 1 ? 'it' : `these ${chosen.length}`}`;
        const how = 'with ids, or --consumer, --letter-reason, --since or --until: --execute --reason "why"';
        terminal.out(`${describeLetters(chosen)}\n\n  ${what}, ${how}`);
      }
      return true;
    }
    const now = new Date();
    const runId = newRunId(now, randomUUID());
    const startedAt = now.toISOString();
    const run: Run = { runId, action: 'discard', who, why: reason, selection, resumes: [], startedAt };
    const result = await auditedRun(
      run,
      { chosen: chosen.length },
      (settled) =>
        workThrough(chosen, LETTERS_IN_FLIGHT, interrupted, async (letter) =>
          settled(await discardOne(letter, runId, letters)),
        ),
      { audit, now: Date.now, progress: terminal.progress },
      interrupted,
    );

    const { ended, results, failure } = result;
    if (json) terminal.out(JSON.stringify({ runId, ended, results }));
    else terminal.out(describeRun(runId, result, 'discarded'));
    if (ended === 'failed') throw failure;
    if (ended === 'interrupted') throw interrupted.reason;
    return results.every(({ outcome }) => outcome === 'discarded');
  });
}

/** Discards a letter as it was seen when it was chosen: one that has moved since stays. */
async function discardOne(letter: LetterSummary, runId: RunId, letters: LettersTable): Promise<LetterResult> {
  const { consumer, recordId } = letter;
  const discarding = discard(letter, runId, new Date());
  if (discarding.kind === 'leave') {
    return { consumer, recordId, outcome: 'left', code: discarding.left.kind };
  }
  const { kind } = await letters.change(letter, discarding.change);
  return kind === 'changed'
    ? { consumer, recordId, outcome: 'discarded' }
    : { consumer, recordId, outcome: 'left', code: 'moved' };
}
