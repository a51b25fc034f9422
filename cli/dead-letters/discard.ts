import { randomUUID } from 'node:crypto';
import { workThrough } from '../work-through.ts';
import type { Run } from './audit.ts';
import {
  auditedRun,
  LETTERS_IN_FLIGHT,
  type LetterResult,
  type LettersChoice,
  operator,
  type RunResult,
} from './audited-run.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { LetterSummary, LettersTable } from './letters-table.ts';
import { selected, withNamed } from './selection.ts';
import { discard, newRunId, type RunId } from './transitions.ts';

export const DISCARDABLE = ['OPEN', 'PARKED'] as const;

/** Sets the letters of a choice aside for good; their rows stay. */
export async function discardLetters(
  { letters, audit }: Pick<DeadLetters, 'letters' | 'audit'>,
  { ids = [], reason: why = '', who = operator(), ...choice }: LettersChoice,
  progress: (text: string) => void,
  signal: AbortSignal,
): Promise<RunResult & { readonly runId: RunId }> {
  const selection = await withNamed(letters, choice.selection, ids);
  const chosen = await selected(letters, selection, DISCARDABLE);
  const now = new Date();
  const runId = newRunId(now, randomUUID());
  const startedAt = now.toISOString();
  const run: Run = { runId, action: 'discard', who, why, selection, resumes: [], startedAt };
  const discardAll = (settled: (result: LetterResult) => Promise<void>) => {
    const discardNext = async (letter: LetterSummary) => settled(await discardOne(letter, runId, letters));
    return workThrough(chosen, LETTERS_IN_FLIGHT, discardNext, signal);
  };
  const ports = { audit, now: Date.now, progress };
  return { runId, ...(await auditedRun(run, { chosen: chosen.length }, discardAll, ports, signal)) };
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
