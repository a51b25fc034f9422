import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  paginateQuery,
  paginateScan,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { z } from 'zod';
import {
  LETTER_REASONS,
  LETTER_STATUSES,
  type LetterReason,
  type LetterStatus,
} from '../../functions/dead-letters/letter.ts';
import { attributesOf, B, L, M, MapOf, N, S } from '../attributes.ts';
import { OrderSystemError } from '../errors.ts';
import { type Change, type HistoryRoom, isAsExpected, isDone, type RunId, updateOf } from './transitions.ts';

/** The partition key of the rows that tell of runs (`audit.ts`); every other one is a consumer's. */
export const AUDIT = 'audit';

/** Names a letter: the table's key. */
export interface LetterKey {
  readonly consumer: string;
  readonly recordId: string;
}

/** How a letter is called among those of all consumers. */
export function nameOf({ consumer, recordId }: LetterKey): string {
  return `${consumer}/${recordId}`;
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
const SUMMARY_ATTRIBUTES: readonly string[] = Object.keys(Summary.shape);

/** Which letters are meant; what is absent or empty leaves none out. */
export interface Selection {
  readonly consumer?: string | undefined;
  readonly reasons?: readonly LetterReason[] | undefined;
  /** ISO 8601, inclusive, as `until`: when the record was dead-lettered last. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** Letters that are named one by one, instead of by anything else but their consumer. */
  readonly keys?: readonly LetterKey[] | undefined;
}

/** How a change ended: as asked, with the letter as it is now; or not, with what is there instead. */
export type Changed =
  | { readonly kind: 'changed'; readonly letter: StoredLetter }
  | { readonly kind: 'refused'; readonly found: StoredLetter | undefined };

/** The dead letters as an operator has them. */
export interface LettersTable {
  /** Page by page and without the records' bytes, since there may be many; in any status, where none is asked for. */
  summaries(
    selection: Omit<Selection, 'keys'>,
    statuses?: readonly LetterStatus[],
  ): AsyncIterable<LetterSummary>;
  letter(key: LetterKey): Promise<StoredLetter | undefined>;
  /** Makes a change if the letter is as it expects. */
  change(key: LetterKey, change: Change): Promise<Changed>;
}

/** The table `DeadLetters`: partition key `consumer`, sort key `recordId`. Reads are consistent. */
export function lettersTable(client: DynamoDBClient, tableName: string): LettersTable {
  async function write(key: LetterKey, change: Change, history: HistoryRoom): Promise<Changed> {
    const update = new UpdateItemCommand({
      TableName: tableName,
      Key: keyOf(key),
      ...updateOf(change, history),
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    try {
      const { Attributes = {} } = await client.send(update);
      return { kind: 'changed', letter: parsed(Whole, Attributes) };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      const found = error.Item === undefined ? undefined : parsed(Whole, error.Item);
      if (found !== undefined && isDone(found, change)) return { kind: 'changed', letter: found };
      return { kind: 'refused', found };
    }
  }

  return {
    async *summaries(selection, statuses = []) {
      const { filter, values } = filterOf(selection, statuses);
      const { consumer } = selection;
      const read = {
        TableName: tableName,
        ConsistentRead: true,
        ...(filter !== '' && { FilterExpression: filter }),
        ProjectionExpression: SUMMARY_ATTRIBUTES.map((name) => `#${name}`).join(', '),
        ExpressionAttributeNames: Object.fromEntries(SUMMARY_ATTRIBUTES.map((name) => [`#${name}`, name])),
        ExpressionAttributeValues: attributesOf({ ...values, ':consumer': consumer }),
      };
      const pages =
        consumer === undefined
          ? paginateScan({ client }, read)
          : paginateQuery({ client }, { ...read, KeyConditionExpression: '#consumer = :consumer' });
      for await (const { Items = [] } of pages) yield* Items.map((item) => parsed(Summary, item));
    },
    async letter(key) {
      const get = new GetItemCommand({ TableName: tableName, Key: keyOf(key), ConsistentRead: true });
      const { Item } = await client.send(get);
      return Item === undefined ? undefined : parsed(Whole, Item);
    },
    async change(key, change) {
      const changed = await write(key, change, 'append');
      const isFull =
        changed.kind === 'refused' && changed.found !== undefined && isAsExpected(changed.found, change);
      return isFull ? write(key, change, 'replace-last') : changed;
    },
  };
}

function keyOf({ consumer, recordId }: LetterKey): Record<string, AttributeValue> {
  return attributesOf({ consumer, recordId });
}

/** The consumer of a selection is the table's partition key; without one, every row that is a letter is read. */
function filterOf(
  { consumer, reasons = [], since, until }: Omit<Selection, 'keys'>,
  statuses: readonly LetterStatus[],
): { readonly filter: string; readonly values: Readonly<Record<string, string>> } {
  const values: Record<string, string> = {};
  const value = (name: string, text: string): string => {
    values[`:${name}`] = text;
    return `:${name}`;
  };
  const oneOf = (attribute: string, choices: readonly string[]): string[] =>
    choices.length === 0
      ? []
      : [`#${attribute} IN (${choices.map((choice, n) => value(`${attribute}${n}`, choice)).join(', ')})`];
  const clauses = [
    ...(consumer === undefined ? [`#consumer <> ${value('audit', AUDIT)}`] : []),
    ...oneOf('status', statuses),
    ...oneOf('reason', reasons),
    ...(since === undefined ? [] : [`#lastSeenAt >= ${value('since', since)}`]),
    ...(until === undefined ? [] : [`#lastSeenAt <= ${value('until', until)}`]),
  ];
  return { filter: clauses.join(' AND '), values };
}

/** Throws `LETTER_UNREADABLE` for a row that this version doesn't know, and names it. */
function parsed<T extends z.ZodType>(schema: T, item: Record<string, AttributeValue>): z.output<T> {
  const result = schema.safeParse(item);
  if (result.success) return result.data;
  const name = `${item.consumer?.S}/${item.recordId?.S}`;
  const place = result.error.issues[0]?.path.join('.') ?? '';
  throw new OrderSystemError('LETTER_UNREADABLE', `the row ${name} is no dead letter: look at "${place}"`, {
    remedy: ['It may be from a newer version of the app than this command.'],
    cause: result.error,
  });
}
