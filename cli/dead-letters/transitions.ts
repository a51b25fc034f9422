/**
 * What a run may do with a letter, in which status and how it ends: pure decisions over `LetterState`. Each is a `Change`,
 * which one conditional write makes, so that of two runs that decide at once one is refused and decides again.
 * `LETTER_STATUSES` has the picture.
 */
import type { UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import { HISTORY_LIMIT, type LetterStatus } from '../../functions/dead-letters/letter.ts';
import { attributesOf, type Plain } from '../attributes.ts';

/** Names one run over the dead letters among all of them; as text, ids sort by the time they began. */
export type RunId = string & { readonly __brand: 'RunId' };

/** The run that begins now: `2026-03-01T12:00:00.000Z-1a2b3c4d`. `random` has eight characters or more. */
export function newRunId(now: Date, random: string): RunId {
  return `${now.toISOString()}-${random.slice(0, 8)}` as RunId;
}

/** What decides what may become of a letter. */
export interface LetterState {
  readonly status: LetterStatus;
  /** Counts how often the record was dead-lettered: whoever gives it up again adds one, and nobody else does. */
  readonly version: number;
  /** Replays that were begun and may have come to an invocation. */
  readonly replays: number;
  /** The run that holds the letter, or that put it where it is. */
  readonly runId?: RunId | undefined;
  /** Epoch milliseconds until which the run that holds it may be at work on it; only while `REPLAYING`. */
  readonly reservedUntil?: number | undefined;
}

/** What a run notes in a letter's history. */
interface HistoryNote {
  readonly event: 'REPLAYING' | 'REPLAYED' | 'REPLAY_FAILED' | 'PARKED' | 'DISCARDED';
  readonly runId: RunId;
  /** What stood in the way of a replay. */
  readonly code?: string;
}

/**
 * One step of a letter, for one conditional write: what has to hold when it is written, what holds afterwards, and what
 * the history says of it.
 */
export interface Change {
  readonly expected: Omit<LetterState, 'reservedUntil'>;
  readonly next: LetterState;
  readonly note: HistoryNote;
  readonly at: Date;
}

/** Whether a letter is still what a change expects. */
export function isAsExpected(found: LetterState, { expected }: Change): boolean {
  return isAt(found, expected);
}

/**
 * Whether a letter is already what a change would make of it.
 *
 * A write whose answer was lost is sent again and then refused by what it wrote itself. No two runs share an id, and a
 * run does one thing at a time with a letter, so what looks like ours is ours.
 */
export function isDone(found: LetterState, { next }: Change): boolean {
  return isAt(found, next);
}

function isAt(found: LetterState, state: Change['expected']): boolean {
  return (['status', 'version', 'replays', 'runId'] as const).every((part) => found[part] === state[part]);
}

/**
 * How long a run holds a letter.
 *
 *     begin ──── throttled: ask again ────> Invoke ───── the function ─────> answered or given up ─────┐
 *       │ ◄──────── at most 60 s ────────────►│ ◄────────── at most 150 s ────────────►│              │
 *       │                                     LAST_CALL                                │    margin    │
 *       └─────────────────────────────── RESERVED: 300 s ──────────────────────────────┴──────────────┘
 *
 * The consumers of this app are ended after 120 s, so that no invocation outlives its reservation: a run that takes up
 * what another one left behind doesn't meet its last invocation. A run that was stopped for a while finds on waking
 * that its last call has passed and invokes nothing. All of this saves work, and none of it is needed for safety: a run
 * that wakes up too late fails on the run id, whatever the clocks say.
 */
export const RESERVED_MS = 300_000;

/** How long after the beginning a function may still be invoked. */
export const LAST_CALL_MS = 60_000;

/** How long an answer is waited for. */
export const ANSWER_WITHIN_MS = 150_000;

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

/** Whether the history has room for one entry more, or its last one makes way. */
export type HistoryRoom = 'append' | 'replace-last';

/** The one conditional `UpdateItem` that makes a change, its history entry included. */
export function updateOf(
  { expected, next, note, at }: Change,
  history: HistoryRoom,
): Omit<UpdateItemCommandInput, 'TableName' | 'Key'> {
  const { status, replays, runId, reservedUntil } = next;
  // Not the version: it belongs to who gives a record up.
  const written = {
    status,
    replays,
    runId,
    reservedUntil: reservedUntil === undefined ? undefined : new Date(reservedUntil).toISOString(),
  };
  const values: Record<string, Plain> = {};
  const value = (name: string, content: Plain): string => {
    values[`:${name}`] = content;
    return `:${name}`;
  };
  const set: string[] = [];
  const removed: string[] = [];
  for (const [name, content] of Object.entries(written)) {
    if (content === undefined) removed.push(`#${name}`);
    else set.push(`#${name} = ${value(`next_${name}`, content)}`);
  }
  const entry = { at: at.toISOString(), ...note };
  const append = history === 'append';
  set.push(
    append
      ? `#history = list_append(if_not_exists(#history, ${value('none', [])}), ${value('entry', [entry])})`
      : `#history[${HISTORY_LIMIT - 1}] = ${value('entry', entry)}`,
  );
  const conditions = [
    `#status = ${value('status', expected.status)}`,
    `#version = ${value('version', expected.version)}`,
    // The door to the dead letters writes no count of replays.
    `${expected.replays === 0 ? 'attribute_not_exists(#replays) OR ' : ''}#replays = ${value('replays', expected.replays)}`,
    expected.runId === undefined
      ? 'attribute_not_exists(#runId)'
      : `#runId = ${value('runId', expected.runId)}`,
    ...(append
      ? [`attribute_not_exists(#history) OR size(#history) < ${value('limit', HISTORY_LIMIT)}`]
      : []),
  ];
  return {
    UpdateExpression: `SET ${set.join(', ')}${removed.length === 0 ? '' : ` REMOVE ${removed.join(', ')}`}`,
    ConditionExpression: conditions.map((condition) => `(${condition})`).join(' AND '),
    ExpressionAttributeNames: Object.fromEntries(
      [...Object.keys(written), 'version', 'history'].map((name) => [`#${name}`, name]),
    ),
    ExpressionAttributeValues: attributesOf(values),
  };
}
