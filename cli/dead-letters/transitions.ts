import type { Change, HistoryNote, LetterState } from './letter-state.ts';
import { RESERVED_MS } from './reservation.ts';
import type { RunId } from './run-id.ts';

/** What a run may do with letters. */
export interface ReplayRules {
  readonly runId: RunId;
  /** Runs that were killed, whose letters this one takes up at once. */
  readonly takesOver: ReadonlySet<RunId>;
  /** A letter whose replays have come to this number is parked. */
  readonly cap: number;
}

/** Why a letter stays as it is. */
export type Left =
  /** Another run is at work on it, or was until it was killed a short while ago. */
  | { readonly kind: 'reserved'; readonly runId: RunId | undefined; readonly until: number }
  /** Only by its id, and only under a higher cap, is a parked letter replayed. */
  | { readonly kind: 'parked'; readonly replays: number }
  | { readonly kind: 'settled'; readonly status: 'REPLAYED' | 'DISCARDED' };

/** What a run makes of a letter that it was told to replay. */
export type Beginning =
  | { readonly kind: 'begin'; readonly change: Change }
  | { readonly kind: 'park'; readonly change: Change }
  | { readonly kind: 'leave'; readonly left: Left };

/**
 * Begins a replay, or says why not. A letter that is replayed too often already is parked instead.
 *
 * @param named the operator named this letter by its id
 */
export function begin(letter: LetterState, rules: ReplayRules, named: boolean, now: Date): Beginning {
  switch (letter.status) {
    case 'OPEN':
      return takeUp(letter, rules, now);
    case 'REPLAYING': {
      const leftBehind = letter.runId !== undefined && rules.takesOver.has(letter.runId);
      const reserved = reservation(letter, now);
      return leftBehind || reserved === undefined
        ? takeUp(letter, rules, now)
        : { kind: 'leave', left: reserved };
    }
    case 'PARKED':
      if (named && letter.replays < rules.cap) return takeUp(letter, rules, now);
      return { kind: 'leave', left: { kind: 'parked', replays: letter.replays } };
    case 'REPLAYED':
    case 'DISCARDED':
      return { kind: 'leave', left: { kind: 'settled', status: letter.status } };
  }
}

function takeUp(letter: LetterState, rules: ReplayRules, now: Date): Beginning {
  if (letter.replays >= rules.cap) return { kind: 'park', change: park(letter, rules.runId, now) };
  const { runId } = rules;
  const reservedUntil = now.getTime() + RESERVED_MS;
  const next = { status: 'REPLAYING', replays: letter.replays + 1, runId, reservedUntil } as const;
  return { kind: 'begin', change: step(letter, next, { event: 'REPLAYING', runId }, now) };
}

/** Who holds a letter that is being replayed; nobody where the reservation is over. */
function reservation({ runId, reservedUntil = 0 }: LetterState, now: Date): Left | undefined {
  return reservedUntil <= now.getTime() ? undefined : { kind: 'reserved', runId, until: reservedUntil };
}

/** What the consumer made of a record. `code` says what went wrong, and quotes nobody. */
export type InvocationOutcome =
  /** As far as the answer says: a consumer that gives the record up answers the same. */
  | { readonly kind: 'handled' }
  /** Also where nobody knows: consumers are idempotent. */
  | { readonly kind: 'failed'; readonly code: string };

/** How a replay ends. One that never came to an invocation is not counted against the letter. */
export type ReplayOutcome = InvocationOutcome | { readonly kind: 'not-invoked'; readonly code: string };

/**
 * Ends a replay.
 *
 *     REPLAYING, run A, version 3 ────────── invocation ──────────> handled: REPLAYED, if still run A and version 3
 *                │                               │
 *                │ reservation over:             └─ the consumer gives it up again: OPEN, version 4
 *                └─ REPLAYING, run B, version 3
 *
 * So a letter is `REPLAYED` only if nobody has given its record up since the invocation that handled it began, and only
 * one run at a time says how it ended.
 *
 * @param held the letter as this run has it since the beginning
 */
export function settle(held: LetterState, outcome: ReplayOutcome, rules: ReplayRules, now: Date): Change {
  const { runId, cap } = rules;
  switch (outcome.kind) {
    case 'handled':
      return step(held, { status: 'REPLAYED', runId }, { event: 'REPLAYED', runId }, now);
    case 'failed': {
      const { code } = outcome;
      if (held.replays >= cap) return park(held, runId, now, code);
      return step(held, { status: 'OPEN' }, { event: 'REPLAY_FAILED', runId, code }, now);
    }
    case 'not-invoked': {
      const note: HistoryNote = { event: 'REPLAY_FAILED', runId, code: outcome.code };
      return step(held, { status: 'OPEN', replays: held.replays - 1 }, note, now);
    }
  }
}

/** What became of a letter while its replay was under way. */
export type Overtaken =
  /** The consumer has given it up again; `park` where that was once too often. */
  | { readonly kind: 'dead-lettered-again'; readonly park: Change | undefined }
  /** The reservation was over, and somebody else went on with it. */
  | { readonly kind: 'taken' };

/** Reads what refused the end of a replay. */
export function overtaken(
  held: LetterState,
  found: LetterState | undefined,
  { runId, cap }: ReplayRules,
  now: Date,
): Overtaken {
  if (found === undefined || found.version === held.version) return { kind: 'taken' };
  const tooOften = found.status === 'OPEN' && found.replays >= cap;
  return { kind: 'dead-lettered-again', park: tooOften ? park(found, runId, now) : undefined };
}

/** What a run makes of a letter that it was told to discard. */
export type Discarding =
  | { readonly kind: 'discard'; readonly change: Change }
  | { readonly kind: 'leave'; readonly left: Left };

/** Sets a letter aside for good. One that is being replayed stays: its end is not known yet. */
export function discard(letter: LetterState, runId: RunId, now: Date): Discarding {
  const discarded = (): Discarding => ({
    kind: 'discard',
    change: step(letter, { status: 'DISCARDED', runId }, { event: 'DISCARDED', runId }, now),
  });
  switch (letter.status) {
    case 'OPEN':
    case 'PARKED':
      return discarded();
    case 'REPLAYING': {
      const reserved = reservation(letter, now);
      return reserved === undefined ? discarded() : { kind: 'leave', left: reserved };
    }
    case 'REPLAYED':
    case 'DISCARDED':
      return { kind: 'leave', left: { kind: 'settled', status: letter.status } };
  }
}

function park(letter: LetterState, runId: RunId, now: Date, code?: string): Change {
  const note: HistoryNote = { event: 'PARKED', runId, ...(code !== undefined && { code }) };
  return step(letter, { status: 'PARKED', runId }, note, now);
}

/** The version is never a run's to change. */
function step(
  { status, version, replays, runId }: LetterState,
  next: Pick<LetterState, 'status'> & Partial<LetterState>,
  note: HistoryNote,
  at: Date,
): Change {
  const afterwards = { version, replays, runId: undefined, reservedUntil: undefined, ...next };
  return { expected: { status, version, replays, runId }, next: afterwards, note, at };
}
