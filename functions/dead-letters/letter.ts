import type { KafkaRecord } from '../kafka/decode.ts';

/** Why a record became a dead letter: a closed set, since operators select by it. */
export const LETTER_REASONS = [
  /** The value is not a JSON object in UTF-8. */
  'unparseable',
  /** Headers or value break the wire contract. */
  'invalid',
  /** Another event of the same identity said something else before. */
  'conflict',
  /** The world refused the effect for good, e.g. the mail provider a mail. */
  'refused',
  /** An exception that the code did not expect, for this record alone; or Lambda gave up under a condition not known here. */
  'unexpected',
  /** Lambda gave up: the invocations that held it crashed, timed out or asked for it again once too often. */
  'retries-exhausted',
  /** Lambda gave up: the record was older than the mapping allows. */
  'record-too-old',
  /** Lambda gave up: an event with this record alone is over 6 MB. */
  'payload-too-large',
  /** A message on the dead-letter topic that is none of Lambda's, of a function that is no consumer here, or unstorable. */
  'unreadable',
] as const;
export type LetterReason = (typeof LETTER_REASONS)[number];

/**
 * Where a letter stands.
 *
 *     (record given up) ──> OPEN ──replay──> REPLAYING ──handled──> REPLAYED
 *            │               ^ │                 │
 *            │               │ └── after the cap ┴─> PARKED          both doors, from any status: OPEN, version + 1
 *            └───────────────┘
 *                              └── discard ──> DISCARDED
 */
export const LETTER_STATUSES = ['OPEN', 'REPLAYING', 'REPLAYED', 'PARKED', 'DISCARDED'] as const;
export type LetterStatus = (typeof LETTER_STATUSES)[number];

/** Entries a letter's history holds at most: the first ones and the newest. An item has room for 400 KB. */
export const HISTORY_LIMIT = 50;

/** What went wrong, without a customer's data: `code` is stable, `detail` names fields or places in the code. */
export interface LetterError {
  readonly code: string;
  readonly detail: string;
}

/** What Lambda says of records that it gave up, from its envelope on the dead-letter topic. */
export interface LambdaFacts {
  /** As Lambda spells it, e.g. `RetriesExhausted`. */
  readonly condition: string;
  /** How often Lambda invoked the function with the record, by its own account. */
  readonly invocations: number;
  /** The last invocation. */
  readonly requestId: string;
  /** `Unhandled` where the last invocation ended in an error of the function. */
  readonly functionError: string | undefined;
  /** ISO 8601: when Lambda gave up. */
  readonly at: string;
}

/** A record that a consumer gives up, or that Lambda gave up for it. */
export interface DeadLetter {
  /** The consumer group that gives it up; another group may have taken the same record. */
  readonly consumer: string;
  readonly record: KafkaRecord;
  readonly reason: LetterReason;
  readonly error: LetterError;
  /** Only of what came over the dead-letter topic. */
  readonly lambda?: LambdaFacts;
  /** The message on the dead-letter topic that brought it, as `placeOf` names it. */
  readonly source?: string;
  /** Bytes that the record's value had, where not all bytes of the record are here; such a letter can't be replayed. */
  readonly truncatedFrom?: number;
}

/**
 * Stores a letter, or adds to the one that is there; rejects if it could not, and then nothing is lost but the write.
 * A message of the dead-letter topic that comes twice changes nothing the second time.
 */
export type WriteDeadLetter = (letter: DeadLetter, now: Date, signal?: AbortSignal) => Promise<void>;

/**
 * `<topic>-<partition>@<offset>#<timestamp>`: names a record among all that a consumer ever saw. The timestamp tells
 * apart the records of a topic that was deleted and created again.
 */
export function recordIdOf(record: KafkaRecord): string {
  return `${placeOf(record)}#${record.timestamp}`;
}

/** `<topic>-<partition>@<offset>`. */
export function placeOf({ topic, partition, offset }: KafkaRecord): string {
  return `${topic}-${partition}@${offset}`;
}
