import { executeStatements, type Statement, type StatementResult } from './execute-statements.ts';
import { type ReadResult, readItems } from './read-items.ts';
import { StatementError } from './statement-error.ts';
import { type Item, type KeyedTable, keyOf } from './table.ts';

/** How the insertion under one key ended. */
export type InsertResult =
  | { readonly kind: 'inserted' }
  /** Something stood there before; it is unchanged. */
  | { readonly kind: 'exists'; readonly item: Item }
  /** Not known, or not written: asking again for this key alone is safe. */
  | { readonly kind: 'failed'; readonly error: StatementError };

/**
 * Inserts each item whose primary key is new, and never touches one that exists: the conditional write that makes an
 * effect happen once. A result for every key; of items with one key the first counts.
 */
export type InsertNew = (items: readonly Item[]) => Promise<ReadonlyMap<string, InsertResult>>;

/**
 * `InsertNew` on a DynamoDB table: 25 items to a request, and the items that the losers met by one more for each 100.
 *
 * After a lost answer the SDK sends a request again and so may meet what it wrote itself: that is an `exists` too, which
 * the caller knows by its content or its owner.
 */
export function insertNewInto(table: KeyedTable): InsertNew {
  return async (items) => {
    const distinct = new Map<string, Item>();
    for (const item of items) {
      const key = keyOf(table, item);
      if (!distinct.has(key)) distinct.set(key, item);
    }
    const statements = [...distinct].map(([key, item]) => insertStatement(table, key, item));
    const written = await executeStatements(table, statements);

    const losers = [...written]
      .filter(([, result]) => result.kind === 'condition-failed')
      .map(([key]) => key);
    const existing = await readItems(table, losers);
    return new Map([...written].map(([key, result]) => [key, insertResult(result, existing.get(key))]));
  };
}

function insertStatement(table: KeyedTable, key: string, item: Item): Statement {
  const names = Object.keys(item);
  return {
    key,
    text: `INSERT INTO "${table.name}" VALUE {${names.map((name) => `'${name}': ?`).join(', ')}}`,
    parameters: Object.values(item),
  };
}

function insertResult(written: StatementResult, read: ReadResult | undefined): InsertResult {
  switch (written.kind) {
    case 'written':
      return { kind: 'inserted' };
    case 'failed':
      return written;
    case 'condition-failed':
      if (read?.kind === 'found') return { kind: 'exists', item: read.item };
      if (read?.kind === 'failed') return read;
      return { kind: 'failed', error: vanished() };
  }
}

/** It stood there for the INSERT and was gone for the read: deleted, or expired, in between. */
function vanished(): StatementError {
  return new StatementError('ITEM_VANISHED', 'an item was deleted while it was looked at', {
    retriable: true,
  });
}
