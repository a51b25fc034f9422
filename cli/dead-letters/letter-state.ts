import type { LetterStatus } from '../../functions/dead-letters/letter.ts';
import type { RunId } from './run-id.ts';

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
export interface HistoryNote {
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
  return (
    found.status === expected.status &&
    found.version === expected.version &&
    found.replays === expected.replays &&
    found.runId === expected.runId
  );
}

/**
 * Whether a letter is already what a change would make of it.
 *
 * A write whose answer was lost is sent again and then refused by what it wrote itself. No two runs share an id, and a
 * run does one thing at a time with a letter, so what looks like ours is ours.
 */
export function isDone(found: LetterState, { next }: Change): boolean {
  return (
    found.status === next.status &&
    found.version === next.version &&
    found.replays === next.replays &&
    found.runId === next.runId
  );
}
