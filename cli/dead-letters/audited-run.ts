/** A run over letters, from the first word in the audit to the report: who runs it, what it did, how it ended. */
import { hostname, userInfo } from 'node:os';
import { green, printable, red, table } from '../../local/cli/terminal.ts';
import type { Audit, AuditedRun, Counts, Run } from './audit.ts';
import { type LetterKey, nameOf, type Selection } from './letters-table.ts';
import type { RunId } from './transitions.ts';

/** Which letters a run is over, and why. */
export interface LettersChoice {
  /** Words that name letters, beside the selection. */
  readonly ids?: readonly string[];
  readonly selection: Selection;
  /** Why, in the operator's words; needed to execute, unless a run is resumed. */
  readonly reason?: string | undefined;
  /** Is written down for whoever asks later. @default - the user of this machine */
  readonly who?: string;
}

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
  /** Of the results, by their outcome. */
  readonly counts: Counts;
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
 * @param work hands over what became of each letter, once; `signal` asks it to end early
 */
export async function auditedRun(
  run: Run,
  chosen: Counts & { readonly chosen: number },
  work: (settled: (result: LetterResult) => Promise<void>) => Promise<void>,
  { audit, now, progress }: AuditedRunPorts,
  signal: AbortSignal,
): Promise<RunResult> {
  const { runId } = run;
  const results: LetterResult[] = [];
  const outcomes: Record<string, number> = {};
  const at = () => new Date(now()).toISOString();
  const counts = () => ({ ...chosen, ...outcomes });
  await audit.begin({ ...run, counts: counts(), updatedAt: run.startedAt });

  let noted = now();
  let noting: Promise<void> = Promise.resolve();
  const settled = async (result: LetterResult) => {
    results.push(result);
    outcomes[result.outcome] = (outcomes[result.outcome] ?? 0) + 1;
    if (now() - noted < NOTED_EVERY_MS) return;
    noted = now();
    progress(`${results.length} of ${chosen.chosen}: ${describeCounts(outcomes)}`);
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
  return { ended, results, counts: outcomes, ...(failure && { failure: failure.error }) };
}

const LETTERS_SHOWN = 50;

/** How a run ended: its counts, and the letters that it didn't bring to their end. */
export function describeRun(runId: RunId, { ended, results, counts }: RunResult, wanted: Outcome): string {
  const others = results.filter(({ outcome }) => outcome !== wanted);
  const rows = others
    .slice(0, LETTERS_SHOWN)
    .map((result) => [printable(nameOf(result)), result.outcome, printable(result.code ?? '')]);
  const more = others.length - rows.length;
  const summary = results.length === 0 ? 'nothing was done' : describeCounts(counts);
  const colour = ended === 'finished' && others.length === 0 ? green : red;
  return [
    `run ${runId} ${ended}: ${colour(summary)}`,
    ...(rows.length === 0 ? [] : [table(rows)]),
    ...(more > 0 ? [`  and ${more} more; --json names them all`] : []),
  ].join('\n');
}

/** `10 replayed, 1 failed`. */
function describeCounts(counts: Counts): string {
  return Object.entries(counts)
    .map(([outcome, count]) => `${count} ${outcome}`)
    .join(', ');
}

/** Runs as rows, one each. */
export function describeRuns(runs: readonly AuditedRun[]): string {
  const rows = runs.map(({ runId, action, who, why, ended, updatedAt, counts }) => [
    runId,
    action,
    ended ?? `at work or killed, last word ${updatedAt.slice(11, 19)}`,
    Object.entries(counts)
      .filter(([, count]) => count > 0)
      .map(([what, count]) => `${count} ${printable(what)}`)
      .join(', '),
    printable(who),
    printable(why),
  ]);
  return table([['run', 'action', 'ended', 'letters', 'who', 'why'], ...rows]);
}

/** Who runs this command, as the machine knows it: `user@host`. */
export function operator(): string {
  return `${userName()}@${hostname()}`;
}

/** A container may run as a number that has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
