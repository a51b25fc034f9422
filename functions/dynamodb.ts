/**
 * DynamoDB for all functions: the client, and batches of reads, writes and conditional statements.
 *
 *     batch    |- request -| some left |- pause -|- request: what is left -| ... |      10 s: then what is left has failed
 *
 * An answer may leave some of a batch undone (throttled, contended, too large for one answer), and it is the same whether DynamoDB says so
 * for a part or refuses the whole: what passes is asked for again after a pause with full jitter, what doesn't has failed, and
 * its neighbours are done. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html#Programming.Errors.BatchOperations
 */
import {
  type AttributeValue,
  BatchExecuteStatementCommand,
  BatchGetItemCommand,
  type BatchStatementResponse,
  BatchWriteItemCommand,
  DynamoDBClient,
  TransactionCanceledException,
  TransactionInProgressException,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { type Backoff, fullJitter, IN_REAL_TIME, type Timing } from './backoff.ts';
import { chunksOf, mapConcurrently } from './concurrency.ts';
import { anyOf, awsClient, endBy } from './deadline.ts';
import { OrderlyError } from './errors.ts';
import { codeOf, isTransient, isTransientCode } from './transient.ts';

/** Milliseconds within which a request, and a batch of whatever size, has ended. */
export const CALL_MS = 10_000;

/** The DynamoDB client of a function. An attempt is given up after 3 seconds, and there are three at most. */
export function dynamoDbClient(): DynamoDBClient {
  return awsClient(DynamoDBClient, { attempts: 3, attemptMs: 3_000, callMs: CALL_MS });
}

/** A table, by whose primary key the items of a batch are told apart. */
export interface Table {
  readonly client: DynamoDBClient;
  readonly name: string;
  /** Name of the partition key, a string. */
  readonly key: string;
  /** Name of the sort key, if there is one. */
  readonly sortKey?: string;
  /** @default - real time */
  readonly timing?: Timing;
}

export type Item = Readonly<Record<string, AttributeValue>>;

/** The value of the primary key: that of the partition key, and behind a `#` that of the sort key. */
function keyOf({ name, key, sortKey }: Table, item: Item): string {
  const value = item[key]?.S;
  if (value === undefined) throw new TypeError(`an item of ${name} has no string ${key}`);
  if (sortKey === undefined) return value;
  return `${value}#${item[sortKey]?.S ?? item[sortKey]?.N}`;
}

/**
 * One item of a batch could not be read or written. `code` is DynamoDB's; `retriable` as `isTransient` has it. Its
 * neighbours in the request may have succeeded.
 */
export class StatementError extends OrderlyError {}

/** From a part's own error, which comes under HTTP 200. */
function statementError(code: string): StatementError {
  return new StatementError(code, 'DynamoDB refused a part of a batch', { retriable: isTransientCode(code) });
}

/** From the failure of the whole request, which every part of it shares. */
function requestError(cause: unknown): StatementError {
  return new StatementError(codeOf(cause), 'a request to DynamoDB failed', {
    retriable: isTransient(cause),
    cause,
  });
}

/** What stands under a key; a read that failed is never taken for "nothing". */
export type ReadResult =
  | { readonly kind: 'found'; readonly item: Item }
  | { readonly kind: 'absent' }
  | { readonly kind: 'failed'; readonly error: StatementError };

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
const KEYS_PER_REQUEST = 100;

/** Reads items consistently by their primary keys, 100 to a request; a result for every key. `signal` ends it early. */
export async function readItems(
  table: Table,
  keys: readonly Item[],
  signal?: AbortSignal,
): Promise<Map<string, ReadResult>> {
  const distinct = new Map(keys.map((key) => [keyOf(table, key), key]));
  const results = new Map<string, ReadResult>([...distinct].map(([key]) => [key, { kind: 'absent' }]));
  const failed = await inBatches(
    table,
    [...distinct],
    KEYS_PER_REQUEST,
    async (batch, abortSignal) => {
      const answer = await table.client.send(
        new BatchGetItemCommand({
          RequestItems: {
            [table.name]: { Keys: batch.map(([, key]) => ({ ...key })), ConsistentRead: true },
          },
        }),
        { abortSignal },
      );
      for (const item of answer.Responses?.[table.name] ?? []) {
        results.set(keyOf(table, item), { kind: 'found', item });
      }
      return unprocessed((answer.UnprocessedKeys?.[table.name]?.Keys ?? []).map((key) => keyOf(table, key)));
    },
    signal,
  );
  for (const [key, error] of failed) results.set(key, { kind: 'failed', error });
  return results;
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html */
const ITEMS_PER_REQUEST = 25;

/** Writes items whatever stands there, no key twice; answers the keys that could not be written. `signal` ends it early. */
export function putItems(
  table: Table,
  items: readonly Item[],
  signal?: AbortSignal,
): Promise<Map<string, StatementError>> {
  return writeItems(
    table,
    items.map((item) => [keyOf(table, item), { PutRequest: { Item: { ...item } } }]),
    signal,
  );
}

/** Deletes items by their primary keys, no key twice; answers the keys that could not be deleted. */
export function deleteItems(table: Table, keys: readonly Item[]): Promise<Map<string, StatementError>> {
  return writeItems(
    table,
    keys.map((key) => [keyOf(table, key), { DeleteRequest: { Key: { ...key } } }]),
  );
}

function writeItems(
  table: Table,
  requests: readonly [key: string, request: WriteRequest][],
  signal?: AbortSignal,
): Promise<Map<string, StatementError>> {
  return inBatches(
    table,
    requests,
    ITEMS_PER_REQUEST,
    async (batch, abortSignal) => {
      const answer = await table.client.send(
        new BatchWriteItemCommand({ RequestItems: { [table.name]: batch.map(([, request]) => request) } }),
        { abortSignal },
      );
      const left = answer.UnprocessedItems?.[table.name] ?? [];
      return unprocessed(
        left.map(({ PutRequest, DeleteRequest }) =>
          keyOf(table, PutRequest?.Item ?? DeleteRequest?.Key ?? {}),
        ),
      );
    },
    signal,
  );
}

/** A PartiQL statement that writes the item under `key`; no two of a call may name the same key. */
export interface Statement {
  readonly key: string;
  readonly text: string;
  /** In the order of the question marks. */
  readonly parameters: readonly AttributeValue[];
}

/** How one statement ended. */
export type StatementResult =
  | { readonly kind: 'written' }
  /** Its condition did not hold. `item` is what stood there; an INSERT never brings it. */
  | { readonly kind: 'condition-failed'; readonly item: Item | undefined }
  | { readonly kind: 'failed'; readonly error: StatementError };

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html */
const STATEMENTS_PER_REQUEST = 25;

/**
 * Runs conditional writes, 25 to a request, each of them independent of the others: a result for every statement's key.
 *
 * One whose answer was lost is sent again, and then meets what it wrote itself: `condition-failed`. `signal` ends it early.
 */
export async function executeStatements(
  table: Table,
  statements: readonly Statement[],
  signal?: AbortSignal,
): Promise<Map<string, StatementResult>> {
  const results = new Map<string, StatementResult>();
  const failed = await inBatches(
    table,
    statements.map((statement) => [statement.key, statement] as const),
    STATEMENTS_PER_REQUEST,
    async (batch, abortSignal) => {
      const { Responses: responses = [] } = await table.client.send(
        new BatchExecuteStatementCommand({
          Statements: batch.map(([, { text, parameters }]) => ({
            Statement: text,
            Parameters: [...parameters],
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          })),
        }),
        { abortSignal },
      );
      const left = new Map<string, StatementError>();
      batch.forEach(([key], index) => {
        const result = resultOf(responses[index]);
        if (result.kind === 'failed') left.set(key, result.error);
        else results.set(key, result);
      });
      return left;
    },
    signal,
  );
  for (const [key, error] of failed) results.set(key, { kind: 'failed', error });
  return results;
}

function resultOf(response: BatchStatementResponse | undefined): StatementResult {
  if (response === undefined) return { kind: 'failed', error: statementError('InternalServerError') };
  const { Error: error } = response;
  if (error === undefined) return { kind: 'written' };
  switch (error.Code) {
    case 'DuplicateItem':
    case 'ConditionalCheckFailed':
      return { kind: 'condition-failed', item: error.Item };
    default:
      return { kind: 'failed', error: statementError(error.Code ?? 'InternalServerError') };
  }
}

/** How the insertion under one key ended. */
export type InsertOutcome =
  | { readonly kind: 'inserted' }
  /** Something stands there; it is unchanged. An INSERT doesn't bring it: `readItems` does. */
  | { readonly kind: 'exists' }
  /** Not known, or not written: asking again for this key alone is safe. */
  | { readonly kind: 'failed'; readonly error: StatementError };

/**
 * Inserts each item whose primary key is new, and never touches one that exists: the conditional write that makes an effect
 * happen once, 25 to a request. A result for every key; of items with one key the first counts. `signal` ends it early.
 *
 * After a lost answer a request is sent again and so may meet what it wrote itself: that is an `exists` too, which the
 * caller knows by its content.
 */
export async function insertItems(
  table: Table,
  items: readonly Item[],
  signal?: AbortSignal,
): Promise<Map<string, InsertOutcome>> {
  const distinct = new Map<string, Item>();
  for (const item of items) {
    const key = keyOf(table, item);
    if (!distinct.has(key)) distinct.set(key, item);
  }
  const statements = [...distinct].map(([key, item]): Statement => {
    const values = Object.keys(item).map((name) => `'${name}': ?`);
    const text = `INSERT INTO "${table.name}" VALUE {${values.join(', ')}}`;
    return { key, text, parameters: Object.values(item) };
  });
  const results = await executeStatements(table, statements, signal);
  return new Map([...results].map(([key, result]) => [key, insertOutcomeOf(result)]));
}

function insertOutcomeOf(result: StatementResult): InsertOutcome {
  switch (result.kind) {
    case 'written':
      return { kind: 'inserted' };
    case 'condition-failed':
      return { kind: 'exists' };
    case 'failed':
      return result;
  }
}

/** Reasons of a cancelled transaction that pass by themselves. Local engines never raise a conflict; DynamoDB does. */
const CONTENTION: ReadonlySet<string> = new Set([
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
]);

/**
 * Why a transaction was not written: somebody else was at the same items, or DynamoDB asks to slow down; or conditions did not hold,
 * those of the items with these indexes, and what stood there where it was asked for.
 *
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 *
 * @throws any other error
 */
export function cancellationOf(error: unknown): 'contended' | ReadonlyMap<number, Item | undefined> {
  if (error instanceof TransactionInProgressException) return 'contended';
  if (!(error instanceof TransactionCanceledException)) throw error;
  const reasons = error.CancellationReasons ?? [];
  const failed = [...reasons.entries()].filter(([, { Code: code }]) => code === 'ConditionalCheckFailed');
  if (failed.length > 0) return new Map(failed.map(([index, { Item: item }]) => [index, item]));
  if (reasons.some(({ Code: code }) => CONTENTION.has(code ?? ''))) return 'contended';
  throw error;
}

/** What stood there for an INSERT was gone for the read after it: deleted, or expired, in between. */
export function itemVanished(): StatementError {
  return new StatementError('ITEM_VANISHED', 'an item was deleted while it was looked at', {
    retriable: true,
  });
}

const unprocessed = (keys: readonly string[]): ReadonlyMap<string, StatementError> =>
  new Map(keys.map((key) => [key, statementError('ThrottlingError')]));

const REQUESTS_IN_FLIGHT = 4;
const PAUSES: Backoff = { baseMs: 25, capMs: 1_000 };

/** Asks for parts by their key, `size` to a request, until each is done or has failed for good, or time is up; answers what failed. */
async function inBatches<Part>(
  { timing = IN_REAL_TIME }: Table,
  parts: readonly (readonly [key: string, part: Part])[],
  size: number,
  /** Sends one request; answers what it has left undone, and why. */
  ask: (
    batch: readonly (readonly [key: string, part: Part])[],
    abortSignal: AbortSignal,
  ) => Promise<ReadonlyMap<string, StatementError>>,
  signal?: AbortSignal,
): Promise<Map<string, StatementError>> {
  if (parts.length === 0) return new Map();
  const end = anyOf(timing.timeout(CALL_MS), signal);
  const failures = await mapConcurrently(chunksOf(parts, size), REQUESTS_IN_FLIGHT, async (chunk) => {
    const failed = new Map<string, StatementError>();
    let left = chunk;
    for (let attempt = 1; ; attempt++) {
      const undone = await ask(left, end).catch((cause: unknown) => {
        const error = requestError(cause);
        return new Map(left.map(([key]) => [key, error]));
      });
      for (const [key] of left) failed.delete(key);
      for (const [key, error] of undone) failed.set(key, error);
      left = left.filter(([key]) => failed.get(key)?.retriable);
      if (left.length === 0) return failed;
      await endBy(end, () => timing.sleep(fullJitter(PAUSES, attempt, timing.random))).catch(() => undefined);
      if (end.aborted) return failed;
    }
  });
  return new Map(failures.flatMap((failed) => [...failed]));
}
