import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { executeStatements, type Statement, type StatementResult } from './execute-statements.ts';
import { insertItems } from './insert-items.ts';
import { itemVanished } from './insert-new.ts';
import type { ClaimChange, Ledger, LedgerRead, LedgerReplace } from './ledger.ts';
import { itemOf, LEDGER_KEY, rowOf } from './ledger-item.ts';
import { putItems } from './put-items.ts';
import { type ReadResult, readItems } from './read-items.ts';
import type { KeyedTable } from './table.ts';

/**
 * A ledger in a DynamoDB table with the partition key `eventKey` and the TTL attribute `expiresAt`.
 *
 * 100 rows take 4 requests to insert, 1 to read, 4 to replace and 4 to put.
 */
export function dynamoDbLedger(client: DynamoDBClient, tableName: string, now: () => number): Ledger {
  const table: KeyedTable = { client, name: tableName, key: LEDGER_KEY };
  return {
    async insert(rows) {
      const at = now();
      return await insertItems(
        table,
        [...rows].map(([key, row]) => itemOf(key, row, at)),
      );
    },
    async read(keys) {
      return mapValues(await readItems(table, keys), ledgerRead);
    },
    async replace(changes) {
      const at = now();
      const statements = [...changes].map(([key, change]) => replaceStatement(table, key, change, at));
      return mapValues(await executeStatements(table, statements), ledgerReplace);
    },
    async put(rows) {
      const at = now();
      return await putItems(
        table,
        [...rows].map(([key, row]) => itemOf(key, row, at)),
      );
    },
  };
}

/** Fenced: the row must be the claim that was read, by owner and by lease. */
function replaceStatement(table: KeyedTable, key: string, { from, to }: ClaimChange, at: number): Statement {
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
