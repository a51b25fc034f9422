import { randomUUID } from 'node:crypto';
import type { AppAddress } from '../app/address.ts';
import { withDeadLetters } from '../dead-letters/dead-letters.ts';
import { describeLetters, describeNoLetter } from '../dead-letters/describe-letter.ts';
import { discardAll } from '../dead-letters/discard.ts';
import { chosenLetters, type LetterChoice, selectionOf } from '../dead-letters/letter-choice.ts';
import { operator } from '../dead-letters/operator.ts';
import { newRunId } from '../dead-letters/run-id.ts';
import { describeRun } from '../dead-letters/run-report.ts';
import type { Terminal } from '../terminal.ts';

const DISCARDABLE = ['OPEN', 'PARKED'] as const;

export interface DiscardOptions extends LetterChoice {
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
  options: DiscardOptions,
  terminal: Terminal,
  interrupted: AbortSignal,
  who: string = operator(),
): Promise<boolean> {
  return withDeadLetters(at, async ({ letters, audit }) => {
    const selection = await selectionOf(letters, options);
    const chosen = await chosenLetters(letters, selection, DISCARDABLE);
    if (!options.execute) {
      if (options.json) terminal.out(JSON.stringify({ letters: chosen }));
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
    const why = options.reason ?? '';
    const run = { runId, who, why, selection, resumes: [], startedAt: now.toISOString() };
    const ports = { letters, audit, now: Date.now, progress: terminal.progress };
    const result = await discardAll(run, chosen, ports, interrupted);

    const { ended, results, failure } = result;
    if (options.json) terminal.out(JSON.stringify({ runId, ended, results }));
    else terminal.out(describeRun(runId, result, 'discarded'));
    if (ended === 'failed') throw failure;
    if (ended === 'interrupted') throw interrupted.reason;
    return results.every(({ outcome }) => outcome === 'discarded');
  });
}
