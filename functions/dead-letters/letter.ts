import type { KafkaRecord } from '../kafka/record.ts';

/** Why a record became a dead letter: a closed set, since operators select by it. */
export type LetterReason =
  /** The value is not a JSON object in UTF-8. */
  | 'unparseable'
  /** Headers or value break the wire contract. */
  | 'invalid'
  /** Another event of the same identity said something else before. */
  | 'conflict'
  /** The world refused the effect for good, e.g. the mail provider a mail. */
  | 'refused'
  /** An exception that the code did not expect, for this record alone. */
  | 'unexpected';

/** What went wrong, without a customer's data: `code` is stable, `detail` names fields or places in the code. */
export interface LetterError {
  readonly code: string;
  readonly detail: string;
}

/** A record that a consumer gives up. */
export interface DeadLetter {
  /** The consumer group that gives it up; another group may have taken the same record. */
  readonly consumer: string;
  readonly record: KafkaRecord;
  readonly reason: LetterReason;
  readonly error: LetterError;
}

/** Stores a letter, or adds to the one that is there; rejects if it could not, and then nothing is lost but the write. */
export type WriteDeadLetter = (letter: DeadLetter, now: Date) => Promise<void>;

/**
 * `<topic>-<partition>@<offset>#<timestamp>`: names a record among all that a consumer ever saw. The timestamp tells
 * apart the records of a topic that was deleted and created again.
 */
export function recordIdOf({ topic, partition, offset, timestamp }: KafkaRecord): string {
  return `${topic}-${partition}@${offset}#${timestamp}`;
}
