import type { Audit, AuditedRun, Counts } from './audit.ts';
import type { LetterKey } from './stored-letter.ts';

/** What became of a letter in a run; `code` says what stood in the way. */
export interface LetterResult extends LetterKey {
  readonly outcome: Outcome;
  readonly code?: string | undefined;
}

export type Outcome = 'replayed' | 'failed' | 'parked' | 'discarded' | 'left';

/** How a run ended; `failure` is what stopped it before its end. */
export interface RunResult {
  readonly ended: 'finished' | 'interrupted' | 'failed';
  readonly results: readonly LetterResult[];
  readonly failure?: unknown;
}

export interface AuditedRunPorts {
  readonly audit: Audit;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly progress: (text: string) => void;
}

/** Letters that are at work at once: as many as the local cloud has environments for a function. */
export const LETTERS_IN_FLIGHT = 4;

const NOTED_EVERY_MS = 1_000;

/**
 * Runs `work` between two writes to the audit: the first has to succeed before anything is done, the last says how it
 * ended. In between the counts are noted about every second, so that those of a killed run may lack its last second;
 * the letters' own histories lack nothing.
 *
 * @param begun how the run is known, without what it did
 * @param work hands over what became of each letter, once; `signal` asks it to end early
 */
export async function auditedRun(
  begun: Omit<AuditedRun, 'counts' | 'updatedAt' | 'ended'>,
  chosen: Counts & { readonly chosen: number },
  work: (settled: (result: LetterResult) => Promise<void>) => Promise<void>,
  { audit, now, progress }: AuditedRunPorts,
  signal: AbortSignal,
): Promise<RunResult> {
  const { runId } = begun;
  const results: LetterResult[] = [];
  const at = () => new Date(now()).toISOString();
  const counts = () => ({ ...chosen, ...countsOf(results) });
  await audit.begin({ ...begun, counts: counts(), updatedAt: begun.startedAt });

  let noted = now();
  let noting: Promise<void> = Promise.resolve();
  const settled = async (result: LetterResult) => {
    results.push(result);
    if (now() - noted < NOTED_EVERY_MS) return;
    noted = now();
    progress(`${results.length} of ${chosen.chosen}: ${describeCounts(countsOf(results))}`);
    // One after the other: an older count must not come last.
    noting = noting.then(() => audit.note({ runId, counts: counts(), updatedAt: at() }));
    await noting;
  };

  const failure = await work(settled).then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  const left = results.length < chosen.chosen && signal.aborted;
  const ended = failure !== undefined ? 'failed' : left ? 'interrupted' : 'finished';
  await noting.catch(() => undefined);
  try {
    await audit.note({ runId, counts: counts(), updatedAt: at(), ended });
  } catch (error) {
    if (failure === undefined) throw error;
  }
  return { ended, results, ...(failure && { failure: failure.error }) };
}

function countsOf(results: readonly LetterResult[]): Partial<Record<Outcome, number>> {
  const counts: Partial<Record<Outcome, number>> = {};
  for (const { outcome } of results) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

/** `10 replayed, 1 failed`. */
export function describeCounts(counts: Partial<Record<Outcome, number>>): string {
  return Object.entries(counts)
    .map(([outcome, count]) => `${count} ${outcome}`)
    .join(', ');
}
