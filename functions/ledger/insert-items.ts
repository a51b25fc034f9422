import { executeStatements, type Statement, type StatementResult } from './execute-statements.ts';
import type { StatementError } from './statement-error.ts';
import { type Item, type KeyedTable, keyOf } from './table.ts';

/** How the insertion under one key ended. */
export type InsertOutcome =
  | { readonly kind: 'inserted' }
  /** Something stands there; DynamoDB doesn't say what. */
  | { readonly kind: 'exists' }
  /** Not known, or not written: asking again for this key alone is safe. */
  | { readonly kind: 'failed'; readonly error: StatementError };

/** Inserts each item whose key is new, 25 to a request; a result for every key, of items with one key the first counts. */
export async function insertItems(
  table: KeyedTable,
  items: readonly Item[],
): Promise<Map<string, InsertOutcome>> {
  const distinct = new Map<string, Item>();
  for (const item of items) {
    const key = keyOf(table, item);
    if (!distinct.has(key)) distinct.set(key, item);
  }
  const results = await executeStatements(
    table,
    [...distinct].map(([key, item]) => insertStatement(table, key, item)),
  );
  return new Map([...results].map(([key, result]) => [key, outcomeOf(result)]));
}

function outcomeOf(result: StatementResult): InsertOutcome {
  switch (result.kind) {
    case 'written':
      return { kind: 'inserted' };
    case 'condition-failed':
      return { kind: 'exists' };
    case 'failed':
      return result;
  }
}

function insertStatement(table: KeyedTable, key: string, item: Item): Statement {
  const names = Object.keys(item);
  return {
    key,
    text: `INSERT INTO "${table.name}" VALUE {${names.map((name) => `'${name}': ?`).join(', ')}}`,
    parameters: Object.values(item),
  };
}
