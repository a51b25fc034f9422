import { randomUUID } from 'node:crypto';
import type { AppAddress } from '../../local/cli/app.ts';
import { realTiming } from '../../local/cli/pacing.ts';
import type { Terminal } from '../../local/cli/terminal.ts';
import { ORDERLY } from '../command-line.ts';
import { type ReplayLimits, type ReplayRun, resumedRun } from '../dead-letters/audit.ts';
import { describeRun, operator } from '../dead-letters/audited-run.ts';
import { type DeadLetters, withDeadLetters } from '../dead-letters/dead-letters.ts';
import { describeNoLetter } from '../dead-letters/describe-letter.ts';
import type { Selection } from '../dead-letters/letters-table.ts';
import {
  DEFAULT_MAX_AGE_MS,
  describePlan,
  fateOf,
  type PlannedLetter,
  type PlanRules,
} from '../dead-letters/plan.ts';
import { replay } from '../dead-letters/replay.ts';
import { selected, withNamed } from '../dead-letters/selection.ts';
import { newRunId } from '../dead-letters/transitions.ts';

export interface ReplayOptions {
  /** Words that name letters, beside the selection. */
  readonly ids?: readonly string[];
  readonly selection: Selection;
  readonly execute: boolean;
  /** Why, in the operator's words; needed to execute, unless a run is resumed. */
  readonly reason?: string | undefined;
  /** Letters a second. @default - 10 */
  readonly rate?: number | undefined;
  /** Milliseconds. @default - 80 days */
  readonly maxAge?: number | undefined;
  /** @default - 3 */
  readonly cap?: number | undefined;
  /** Part of the id of a run that was killed or interrupted. */
  readonly resume?: string | undefined;
  readonly json: boolean;
}

const REPLAYABLE = ['OPEN', 'REPLAYING'] as const;
const DEFAULT_LIMITS: ReplayLimits = { rate: 10, cap: 3, maxAgeMs: DEFAULT_MAX_AGE_MS };

/**
 * `orderly dead-letters replay`: hands letters to their consumer once more, or says what it would do.
 *
 * @param who is written down for whoever asks later
 * @returns whether every letter chosen was replayed; a plan alone always is as asked
 */
export async function replayLetters(
  at: AppAddress,
  options: ReplayOptions,
  terminal: Terminal,
  interrupted: AbortSignal,
  who: string = operator(),
): Promise<boolean> {
  return withDeadLetters(at, async (deadLetters) => {
    const { letters, audit } = deadLetters;
    const resumed = options.resume === undefined ? undefined : await resumedRun(audit, options.resume);
    const run = await newRun(deadLetters, options, resumed, who);
    const rules: PlanRules = {
      ...run.limits,
      runId: run.runId,
      takesOver: new Set(run.resumes),
      named: (run.selection.keys ?? []).length > 0,
      findConsumer: await deadLetters.consumers(),
    };
    const chosen = await selected(letters, run.selection, REPLAYABLE);
    const now = new Date();
    const planned = chosen.map((letter) => ({ letter, fate: fateOf(letter, rules, now) }));

    if (!options.execute) {
      terminal.out(options.json ? planJson(planned) : planText(planned, rules));
      return true;
    }
    terminal.progress(`run ${run.runId}\n${describePlan(planned, rules)}`);
    const toDo = planned.filter(({ fate }) => fate.kind !== 'skip').map(({ letter }) => letter);
    const ports = { ...deadLetters, timing: realTiming, progress: terminal.progress };
    const result = await replay(run, toDo, chosen.length - toDo.length, rules, ports, interrupted);

    const { runId } = run;
    const { ended, results, failure } = result;
    if (options.json) terminal.out(JSON.stringify({ runId, ended, results, skipped: skipped(planned) }));
    else terminal.out(describeRun(runId, result, 'replayed'));
    if (ended === 'failed') throw failure;
    if (ended === 'interrupted') {
      terminal.progress(`It goes on with: ${ORDERLY} dead-letters replay --execute --resume ${runId}`);
      throw interrupted.reason;
    }
    return toDo.length === chosen.length && results.every(({ outcome }) => outcome === 'replayed');
  });
}

/** What a run is to be known as; one that is resumed lends its choice and its limits where the command line has none. */
async function newRun(
  { letters }: DeadLetters,
  options: ReplayOptions,
  resumed: ReplayRun | undefined,
  who: string,
): Promise<ReplayRun> {
  const now = new Date();
  const limits = { ...DEFAULT_LIMITS, ...resumed?.limits };
  const { ids = [], selection, rate = limits.rate, cap = limits.cap, maxAge = limits.maxAgeMs } = options;
  return {
    runId: newRunId(now, randomUUID()),
    action: 'replay',
    who,
    why: options.reason ?? resumed?.why ?? '',
    selection: upTo(now, resumed?.selection ?? (await withNamed(letters, selection, ids))),
    limits: { rate, cap, maxAgeMs: maxAge },
    resumes: resumed === undefined ? [] : [resumed.runId, ...resumed.resumes],
    startedAt: now.toISOString(),
  };
}

/**
 * A run is over the letters that were there when it began. So one that fails again is left alone by whoever resumes the
 * run: it was dead-lettered since.
 */
function upTo(now: Date, selection: Selection): Selection {
  const { until } = selection;
  const begun = now.toISOString();
  return { ...selection, until: until === undefined || until > begun ? begun : until };
}

function planText(planned: readonly PlannedLetter[], rules: PlanRules): string {
  if (planned.length === 0) return describeNoLetter(REPLAYABLE);
  return `${describePlan(planned, rules)}\n\n  Nothing was done. To do it: --execute --reason "why"`;
}

function planJson(planned: readonly PlannedLetter[]): string {
  return JSON.stringify({
    letters: planned.map(({ letter: { consumer, recordId, reason }, fate }) => ({
      consumer,
      recordId,
      reason,
      fate: fate.kind,
      ...(fate.kind === 'skip' && { skip: fate.skip }),
    })),
  });
}

function skipped(planned: readonly PlannedLetter[]): object[] {
  return planned.flatMap(({ letter: { consumer, recordId }, fate }) =>
    fate.kind === 'skip' ? [{ consumer, recordId, skip: fate.skip }] : [],
  );
}
