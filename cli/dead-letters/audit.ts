import type { RunId } from './run-id.ts';
import type { Selection } from './selection.ts';

/** What a run did with letters, by what became of them. */
export type Counts = Readonly<Record<string, number>>;

/** What is known of one run over the dead letters. */
export interface AuditedRun {
  readonly runId: RunId;
  readonly action: 'replay' | 'discard';
  /** `user@host`. */
  readonly who: string;
  /** The operator's own words. */
  readonly why: string;
  readonly selection: Selection;
  readonly limits?: ReplayLimits | undefined;
  /** The run that it goes on with, and those which that one went on with. */
  readonly resumes: readonly RunId[];
  /** ISO 8601, as `updatedAt`. */
  readonly startedAt: string;
  readonly updatedAt: string;
  /** `undefined`: it is at work, or was killed. */
  readonly ended?: 'finished' | 'interrupted' | 'failed' | undefined;
  readonly counts: Counts;
}

/** What an operator allows a replay. */
export interface ReplayLimits {
  /** Letters a second, at most. */
  readonly rate: number;
  /** A letter whose replays have come to this number is parked. */
  readonly cap: number;
  /** Records older than this, in milliseconds, stay. */
  readonly maxAgeMs: number;
}

/** Where runs are written down. */
export interface Audit {
  /** Rejects where a run of this id is known already: then nothing may be done under it. */
  begin(run: AuditedRun): Promise<void>;
  /** Notes how far a run has come, or how it ended. */
  note(progress: Pick<AuditedRun, 'runId' | 'counts' | 'updatedAt' | 'ended'>): Promise<void>;
  /** All runs, the newest first. */
  runs(): Promise<readonly AuditedRun[]>;
}
