import type { LedgerRow } from './claim.ts';
import { itemVanished } from './insert-new.ts';
import type { Ledger } from './ledger.ts';

/** A ledger in memory with the semantics of the one in DynamoDB: for tests, and to try an effect without a table. */
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
        const same =
          row?.status === 'CLAIMED' && row.owner === from.owner && row.leaseUntil === from.leaseUntil;
        if (!same) return { kind: 'changed', row };
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
