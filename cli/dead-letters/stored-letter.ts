import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { z } from 'zod';
import { LETTER_REASONS, LETTER_STATUSES } from '../../functions/dead-letters/letter.ts';
import { LocalCloudError } from '../../local/errors.ts';
import { B, L, M, MapOf, N, S } from './attributes.ts';
import type { RunId } from './run-id.ts';

/** Names a letter: the table's key. */
export interface LetterKey {
  readonly consumer: string;
  readonly recordId: string;
}

/** `LetterState`, as it is stored. */
const State = z.object({
  status: S.pipe(z.enum(LETTER_STATUSES)),
  version: N,
  replays: N.default(0),
  runId: S.transform((id) => id as RunId).optional(),
  reservedUntil: S.transform((iso) => Date.parse(iso)).optional(),
});

const Summary = State.extend({
  consumer: S,
  recordId: S,
  topic: S,
  partition: N,
  offset: N,
  /** The record's, in epoch milliseconds. */
  timestamp: N,
  reason: S.pipe(z.enum(LETTER_REASONS)),
  error: M({ code: S, detail: S }),
  /** How often the record was dead-lettered. */
  attempts: N,
  /** ISO 8601: when it was dead-lettered last. */
  lastSeenAt: S,
  /** Bytes that the record's value had, where not all bytes of the record are here; such a letter can't be replayed. */
  truncatedFrom: N.optional(),
});

/** An entry of the history beside `at` and `event`: reason, code, run. */
const Entry = MapOf(z.union([S, N]));

const Whole = Summary.extend({
  /** `undefined` is Kafka's null, here, for the value and for a header's. */
  key: B.optional(),
  value: B.optional(),
  headers: L(M({ name: S, value: B.optional() })),
  firstSeenAt: S,
  history: L(Entry).default([]),
  /** What Lambda said when it gave the record up. */
  lambda: M({
    condition: S,
    invocations: N,
    requestId: S,
    functionError: S.optional(),
    at: S,
  }).optional(),
  /** Where the message lies that told of it. */
  source: S.optional(),
});

/** A letter without what its record says. */
export type LetterSummary = z.infer<typeof Summary>;

/** A letter with its record, byte for byte. */
export type StoredLetter = z.infer<typeof Whole>;

/** The attributes that a summary is read from. */
export const SUMMARY_ATTRIBUTES: readonly string[] = Object.keys(Summary.shape);

export function parseSummary(item: Record<string, AttributeValue>): LetterSummary {
  return parsed(Summary, item);
}

export function parseLetter(item: Record<string, AttributeValue>): StoredLetter {
  return parsed(Whole, item);
}

/** Throws `LETTER_UNREADABLE` for a row that this version doesn't know, and names it. */
function parsed<T extends z.ZodType>(schema: T, item: Record<string, AttributeValue>): z.output<T> {
  const result = schema.safeParse(item);
  if (result.success) return result.data;
  const name = `${item.consumer?.S}/${item.recordId?.S}`;
  const place = result.error.issues[0]?.path.join('.') ?? '';
  throw new LocalCloudError('LETTER_UNREADABLE', `the row ${name} is no dead letter: look at "${place}"`, {
    remedy: ['It may be from a newer version of the app than this command.'],
    cause: result.error,
  });
}
