import { workThrough } from '../work-through.ts';
import type { Audit, AuditedRun } from './audit.ts';
import { auditedRun, LETTERS_IN_FLIGHT, type LetterResult, type RunResult } from './audited-run.ts';
import type { LettersTable } from './letters-table.ts';
import type { RunId } from './run-id.ts';
import type { LetterSummary } from './stored-letter.ts';
import { discard } from './transitions.ts';

export interface DiscardPorts {
  readonly letters: LettersTable;
  readonly audit: Audit;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly progress: (text: string) => void;
}

/** Discards letters as they were seen when they were chosen, and writes down that it did: who has moved since stays. */
export function discardAll(
  run: Omit<AuditedRun, 'action' | 'counts' | 'updatedAt' | 'ended'>,
  chosen: readonly LetterSummary[],
  { letters, ...ports }: DiscardPorts,
  signal: AbortSignal,
): Promise<RunResult> {
  return auditedRun(
    { ...run, action: 'discard' },
    { chosen: chosen.length },
    (settled) =>
      workThrough(chosen, LETTERS_IN_FLIGHT, signal, async (letter) =>
        settled(await discardOne(letter, run.runId, letters, ports.now)),
      ),
    ports,
    signal,
  );
}

async function discardOne(
  letter: LetterSummary,
  runId: RunId,
  letters: LettersTable,
  now: () => number,
): Promise<LetterResult> {
  const { consumer, recordId } = letter;
  const key = { consumer, recordId };
  const discarding = discard(letter, runId, new Date(now()));
  if (discarding.kind === 'leave') return { ...key, outcome: 'left', code: discarding.left.kind };
  const { kind } = await letters.change(key, discarding.change);
  return kind === 'changed' ? { ...key, outcome: 'discarded' } : { ...key, outcome: 'left', code: 'moved' };
}
