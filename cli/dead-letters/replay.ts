/** Replays letters: the choice and its plan, a run over all of them, and what it does with each. */
import { randomUUID } from 'node:crypto';
import { pacer, type Timing } from '../../local/cli/pacing.ts';
import { OrderSystemError } from '../errors.ts';
import { workThrough } from '../work-through.ts';
import { type Audit, type ReplayLimits, type ReplayRun, resumedRun } from './audit.ts';
import {
  auditedRun,
  LETTERS_IN_FLIGHT,
  type LetterResult,
  type LettersChoice,
  operator,
  type RunResult,
} from './audited-run.ts';
import { type Answer, type Consumer, type InvokeConsumer, replayEvent } from './consumer.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { LetterSummary, LettersTable, Selection, StoredLetter } from './letters-table.ts';
import { DEFAULT_MAX_AGE_MS, fateOf, type PlannedLetter, type PlanRules } from './plan.ts';
import { selected, withNamed } from './selection.ts';
import { LAST_CALL_MS, newRunId, overtaken, RESERVED_MS, type ReplayOutcome, settle } from './transitions.ts';

export interface ReplayOptions extends LettersChoice {
  /** Letters a second. @default - 10 */
  readonly rate?: number | undefined;
  /** Milliseconds. @default - 80 days */
  readonly maxAge?: number | undefined;
  /** @default - 3 */
  readonly cap?: number | undefined;
  /** Part of the id of a run that was killed or interrupted. */
  readonly resume?: string | undefined;
}

export const REPLAYABLE = ['OPEN', 'REPLAYING'] as const;
const DEFAULT_LIMITS: ReplayLimits = { rate: 10, cap: 3, maxAgeMs: DEFAULT_MAX_AGE_MS };

/** A run over letters, and what it would do with each as things are. */
export interface ReplayPlan {
  readonly run: ReplayRun;
  readonly planned: readonly PlannedLetter[];
  readonly rules: PlanRules;
}

/** Chooses letters to be handed to their consumer once more; nothing is done yet. */
export async function planReplay(deadLetters: DeadLetters, options: ReplayOptions): Promise<ReplayPlan> {
  const { letters, audit } = deadLetters;
  const resumed = options.resume === undefined ? undefined : await resumedRun(audit, options.resume);
  const run = await newRun(deadLetters, options, resumed);
  const rules: PlanRules = {
    ...run.limits,
    runId: run.runId,
    takesOver: new Set(run.resumes),
    named: (run.selection.keys ?? []).length > 0,
    findConsumer: await deadLetters.consumers(),
  };
  const chosen = await selected(letters, run.selection, REPLAYABLE);
  const now = new Date();
  return { run, planned: chosen.map((letter) => ({ letter, fate: fateOf(letter, rules, now) })), rules };
}

/** What a run is to be known as; one that is resumed lends its choice and its limits where the command line has none. */
async function newRun(
  { letters }: DeadLetters,
  options: ReplayOptions,
  resumed: ReplayRun | undefined,
): Promise<ReplayRun> {
  const now = new Date();
  const limits = { ...DEFAULT_LIMITS, ...resumed?.limits };
  const { ids = [], selection, rate = limits.rate, cap = limits.cap, maxAge = limits.maxAgeMs } = options;
  return {
    runId: newRunId(now, randomUUID()),
    action: 'replay',
    who: options.who ?? operator(),
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

export interface ReplayPorts {
  readonly letters: LettersTable;
  readonly invoke: InvokeConsumer;
  readonly timing: Timing;
}

export interface ReplayRunPorts extends ReplayPorts {
  readonly audit: Audit;
  readonly progress: (text: string) => void;
}

/**
 * Replays the letters of a plan in its order, a few at a time and at most so many a second, and writes down that it did.
 *
 * The signal ends it when the letters at work have come to their end. A run that is killed leaves those `REPLAYING`
 * until their reservation is over, or until a run takes them up that resumes it.
 */
export function replay(
  { run, planned, rules }: ReplayPlan,
  ports: ReplayRunPorts,
  signal: AbortSignal,
): Promise<RunResult> {
  const { audit, progress, timing } = ports;
  const letters = planned.filter(({ fate }) => fate.kind !== 'skip').map(({ letter }) => letter);
  const pace = pacer(run.limits.rate, timing);
  const replayAll = (settled: (result: LetterResult) => Promise<void>) => {
    const replayOne = async (letter: LetterSummary) => {
      await pace(signal);
      if (signal.aborted) return;
      const { outcome, code, refused } = await replayLetter(letter, rules, ports, signal);
      const { consumer, recordId } = letter;
      await settled({ consumer, recordId, outcome, code });
      if (refused !== undefined) throw refusal(consumer, refused);
    };
    return workThrough(letters, LETTERS_IN_FLIGHT, replayOne, signal);
  };
  const chosen = { chosen: letters.length, skipped: planned.length - letters.length };
  return auditedRun(run, chosen, replayAll, { audit, progress, now: timing.now }, signal);
}

function refusal(consumer: string, { code, message }: { code: string; message: string }): OrderSystemError {
  return new OrderSystemError('INVOCATION_REFUSED', `${consumer} can't be invoked: ${code}, ${message}`, {
    retriable: true,
    remedy: ['The run has ended, and no letter is lost: run it again when the consumer can be invoked.'],
  });
}

/** What became of a letter; `code` says what stood in the way. */
export interface Replayed {
  readonly outcome: 'replayed' | 'failed' | 'parked' | 'left';
  readonly code?: string | undefined;
  /** The function can't be invoked at all, so that the run had better end here. */
  readonly refused?: Extract<Answer, { readonly kind: 'refused' }>;
}

/** Between the plan and the beginning others may move a letter; who always does has it. */
const ATTEMPTS_TO_BEGIN = 3;
const THROTTLED_PAUSE_MS = { first: 250, longest: 5_000 };

/** Replays one letter: begins it, invokes its consumer, ends it. Rejects where the table fails, and loses nothing then. */
export async function replayLetter(
  letter: LetterSummary,
  rules: PlanRules,
  ports: ReplayPorts,
  signal: AbortSignal,
): Promise<Replayed> {
  const begun = await beginReplay(letter, rules, ports);
  if ('outcome' in begun) return begun;
  const { held, consumer } = begun;
  const answer = await invokePatiently(held, consumer, rules, ports, signal);
  if (answer.kind !== 'refused') return end(held, answer, rules, ports);
  const ended = await end(held, { kind: 'not-invoked', code: answer.code }, rules, ports);
  return { ...ended, refused: answer };
}

type Begun = { readonly held: StoredLetter; readonly consumer: Consumer };

async function beginReplay(
  planned: LetterSummary,
  rules: PlanRules,
  { letters, timing }: ReplayPorts,
): Promise<Replayed | Begun> {
  let letter = planned;
  for (let attempt = 1; attempt <= ATTEMPTS_TO_BEGIN; attempt++) {
    const fate = fateOf(letter, rules, new Date(timing.now()));
    if (fate.kind === 'skip') return { outcome: 'left', code: fate.skip.kind };
    const changed = await letters.change(planned, fate.change);
    if (changed.kind === 'changed') {
      return fate.kind === 'park'
        ? { outcome: 'parked', code: 'cap' }
        : { held: changed.letter, consumer: fate.consumer };
    }
    if (changed.found === undefined) return { outcome: 'left', code: 'gone' };
    letter = changed.found;
  }
  return { outcome: 'left', code: 'contended' };
}

/** Asks again while the function has no room, until the last call: after it the reservation might not last. */
async function invokePatiently(
  held: StoredLetter,
  consumer: Consumer,
  { runId }: PlanRules,
  { invoke, timing: { now, sleep } }: ReplayPorts,
  signal: AbortSignal,
): Promise<Exclude<Answer, { readonly kind: 'throttled' }>> {
  const event = replayEvent(held, consumer.eventSourceArn, runId);
  const lastCall = (held.reservedUntil ?? 0) - RESERVED_MS + LAST_CALL_MS;
  for (let pause = THROTTLED_PAUSE_MS.first; now() <= lastCall; pause *= 2) {
    const answer = await invoke(consumer, event);
    if (answer.kind !== 'throttled') return answer;
    await sleep(Math.min(pause, THROTTLED_PAUSE_MS.longest), signal);
    if (signal.aborted) break;
  }
  return { kind: 'refused', code: 'NoRoom', message: 'its consumer has no room for more invocations' };
}

async function end(
  held: StoredLetter,
  outcome: ReplayOutcome,
  rules: PlanRules,
  { letters, timing }: ReplayPorts,
): Promise<Replayed> {
  const now = new Date(timing.now());
  const change = settle(held, outcome, rules, now);
  const changed = await letters.change(held, change);
  if (changed.kind === 'changed') {
    const { code } = change.note;
    switch (change.next.status) {
      case 'REPLAYED':
        return { outcome: 'replayed' };
      case 'PARKED':
        return { outcome: 'parked', code };
      default:
        return { outcome: 'failed', code };
    }
  }
  const { found } = changed;
  const becameOf = overtaken(held, found, rules, now);
  if (becameOf.kind === 'taken') return { outcome: 'left', code: 'taken' };
  const code = `DeadLettered/${found?.reason}`;
  const parked =
    becameOf.park !== undefined && (await letters.change(held, becameOf.park)).kind === 'changed';
  return { outcome: parked ? 'parked' : 'failed', code };
}
