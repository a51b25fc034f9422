import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { IN_REAL_TIME, type Timing } from '../backoff.ts';
import { anyOf } from '../deadline.ts';
import {
  executeStatements,
  type InsertOutcome,
  type Item,
  insertItems,
  itemVanished,
  putItems,
  type ReadResult,
  readItems,
  type Statement,
  type StatementError,
  type StatementResult,
  type Table,
} from '../dynamodb.ts';
import { MARK_MS } from './act-once.ts';

/** Who holds a claim: unique to one attempt of one invocation. */
export type Owner = string & { readonly __owner: never };

/** A row of the ledger. Times are epoch milliseconds. */
export type LedgerRow =
  | {
      readonly status: 'CLAIMED';
      readonly owner: Owner;
      readonly leaseUntil: number;
      /** How often the effect was begun and no answer came, so that it may have been made. */
      readonly unanswered: number;
    }
  | { readonly status: SettledStatus };

/** What became of an effect: made, or decided against for good. */
export type SettledStatus = 'SENT' | 'SUPPRESSED';

export type Claim = Extract<LedgerRow, { status: 'CLAIMED' }>;

/**
 * The table that remembers effects, one row for each: what the claim protocol needs of it, in batches. Nothing of a call is
 * asked for after its signal has aborted; what isn't done by then has failed.
 *
 * Rows are named by consumer group and event id, `<group>#<eventId>`, never by partition and offset: a replay and a relay
 * that publishes twice bring the same event at other offsets.
 */
export interface Ledger {
  /** Inserts the rows whose key is new; a result for every key. */
  insert(
    rows: ReadonlyMap<string, LedgerRow>,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, InsertOutcome>>;
  /** Reads what stands under the keys now; a result for every key. */
  read(keys: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, LedgerRead>>;
  /** Changes claims that are still exactly `from`, by owner and by lease; a result for every key. */
  replace(
    changes: ReadonlyMap<string, ClaimChange>,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, LedgerReplace>>;
  /** Writes rows whatever stands there, within half of `MARK_MS`; answers the keys that failed. */
  put(
    rows: ReadonlyMap<string, LedgerRow>,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, StatementError>>;
}

export type LedgerRead =
  | { readonly kind: 'found'; readonly row: LedgerRow }
  | { readonly kind: 'failed'; readonly error: StatementError };

export interface ClaimChange {
  readonly from: Claim;
  readonly to: Claim;
}

export type LedgerReplace =
  | { readonly kind: 'replaced' }
  /** Another row stands there by now; `undefined`: none. */
  | { readonly kind: 'changed'; readonly row: LedgerRow | undefined }
  | { readonly kind: 'failed'; readonly error: StatementError };

/**
 * A ledger in a DynamoDB table with the partition key `eventKey` and the TTL attribute `expiresAt`.
 *
 * 100 rows take 4 requests to insert, 1 to read, 4 to replace and 4 to put. Each ends within ten seconds.
 */
export function dynamoDbLedger(
  client: DynamoDBClient,
  tableName: string,
  now: () => number,
  timing: Timing = IN_REAL_TIME,
): Ledger {
  const table: Table = { client, name: tableName, key: LEDGER_KEY, timing };
  return {
    async insert(rows, signal) {
      const at = now();
      return await insertItems(
        table,
        [...rows].map(([key, row]) => itemOf(key, row, at)),
        signal,
      );
    },
    async read(keys, signal) {
      const items = keys.map((key) => ({ [LEDGER_KEY]: { S: key } }));
      return mapValues(await readItems(table, items, signal), ledgerRead);
    },
    async replace(changes, signal) {
      const at = now();
      const statements = [...changes].map(([key, change]) => replaceStatement(table, key, change, at));
      return mapValues(await executeStatements(table, statements, signal), ledgerReplace);
    },
    async put(rows, signal) {
      const at = now();
      return await putItems(
        table,
        [...rows].map(([key, row]) => itemOf(key, row, at)),
        anyOf(timing.timeout(MARK_MS / 2), signal),
      );
    },
  };
}

/** Fenced: the row must be the claim that was read, by owner and by lease. */
function replaceStatement(table: Table, key: string, { from, to }: ClaimChange, at: number): Statement {
  const { [LEDGER_KEY]: _key, ...attributes } = itemOf(key, to, at);
  const sets = Object.keys(attributes).map((name) => `SET "${name}" = ?`);
  const fence = '"status" = ? AND "owner" = ? AND "leaseUntil" = ?';
  return {
    key,
    text: `UPDATE "${table.name}" ${sets.join(' ')} WHERE "${LEDGER_KEY}" = ? AND ${fence}`,
    parameters: [
      ...Object.values(attributes),
      { S: key },
      { S: from.status },
      { S: from.owner },
      { N: String(from.leaseUntil) },
    ],
  };
}

function ledgerRead(result: ReadResult): LedgerRead {
  switch (result.kind) {
    case 'found':
      return { kind: 'found', row: rowOf(result.item) };
    case 'absent':
      return { kind: 'failed', error: itemVanished() };
    case 'failed':
      return result;
  }
}

function ledgerReplace(result: StatementResult): LedgerReplace {
  switch (result.kind) {
    case 'written':
      return { kind: 'replaced' };
    case 'condition-failed':
      return { kind: 'changed', row: result.item && rowOf(result.item) };
    case 'failed':
      return result;
  }
}

function mapValues<From, To>(map: ReadonlyMap<string, From>, change: (value: From) => To): Map<string, To> {
  return new Map([...map].map(([key, value]) => [key, change(value)]));
}

/** The partition key of a ledger. */
export const LEDGER_KEY = 'eventKey';

/** Days a row stays after its last change: longer than the topic keeps records and letters are replayed. */
const RETENTION_DAYS = 90;

/** The item of a row; `expiresAt` is DynamoDB's TTL in epoch seconds. */
export function itemOf(key: string, row: LedgerRow, now: number): Item {
  return {
    [LEDGER_KEY]: { S: key },
    status: { S: row.status },
    ...(row.status === 'CLAIMED' && {
      owner: { S: row.owner },
      leaseUntil: { N: String(row.leaseUntil) },
      unanswered: { N: String(row.unanswered) },
    }),
    updatedAt: { S: new Date(now).toISOString() },
    expiresAt: { N: String(Math.ceil(now / 1000) + RETENTION_DAYS * 86_400) },
  };
}

/** The row of an item. @throws {TypeError} for one that this ledger didn't write. */
export function rowOf(item: Item): LedgerRow {
  const status = item.status?.S;
  if (isSettled(status)) return { status };
  const [owner, leaseUntil, unanswered] = [
    item.owner?.S,
    Number(item.leaseUntil?.N),
    Number(item.unanswered?.N),
  ];
  if (status !== 'CLAIMED' || owner === undefined || Number.isNaN(leaseUntil + unanswered)) {
    throw new TypeError('an item of the ledger has no known status, or a claim without owner or lease');
  }
  return { status, owner: owner as Owner, leaseUntil, unanswered };
}

function isSettled(status: string | undefined): status is SettledStatus {
  return status === 'SENT' || status === 'SUPPRESSED';
}
