import { itemVanished } from '../../functions/dynamodb.ts';
import { isSameClaim } from '../../functions/ledger/act-once.ts';
import type { Ledger, LedgerRow } from '../../functions/ledger/ledger.ts';

/** A ledger in memory with the semantics of the one in DynamoDB. */
export function inMemoryLedger(rows: Map<string, LedgerRow> = new Map()): Ledger {
  return {
    async insert(added) {
      return each(added, (key, row) => {
        if (rows.has(key)) return { kind: 'exists' };
        rows.set(key, row);
        return { kind: 'inserted' };
      });
    },
    async read(keys) {
      return new Map(
        keys.map((key) => {
          const row = rows.get(key);
          return [key, row ? { kind: 'found', row } : { kind: 'failed', error: itemVanished() }];
        }),
      );
    },
    async replace(changes) {
      return each(changes, (key, { from, to }) => {
        const row = rows.get(key);
        if (row === undefined || !isSameClaim(row, from)) return { kind: 'changed', row };
        rows.set(key, to);
        return { kind: 'replaced' };
      });
    },
    async put(changed) {
      for (const [key, row] of changed) rows.set(key, row);
      return new Map();
    },
  };
}

function each<Value, Result>(
  map: ReadonlyMap<string, Value>,
  work: (key: string, value: Value) => Result,
): Map<string, Result> {
  return new Map([...map].map(([key, value]) => [key, work(key, value)]));
}
