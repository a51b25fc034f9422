import {
  executeStatements,
  type Item,
  keyOf,
  type ReadResult,
  readItems,
  type Statement,
  StatementError,
  type StatementResult,
  type Table,
} from '../dynamodb.ts';

/** How the insertion under one key ended. */
export type InsertResult =
  | { readonly kind: 'inserted' }
  /** Something stood there before; it is unchanged. */
  | { readonly kind: 'exists'; readonly item: Item }
  /** Not known, or not written: asking again for this key alone is safe. */
  | { readonly kind: 'failed'; readonly error: StatementError };

/** The same before what exists was read: DynamoDB doesn't say what it met. */
export type InsertOutcome = Exclude<InsertResult, { kind: 'exists' }> | { readonly kind: 'exists' };

/**
 * Inserts each item whose primary key is new, and never touches one that exists: the conditional write that makes an
 * effect happen once. A result for every key; of items with one key the first counts. `signal` ends it early.
 */
export type InsertNew = (
  items: readonly Item[],
  signal?: AbortSignal,
) => Promise<ReadonlyMap<string, InsertResult>>;

/**
 * `InsertNew` on a DynamoDB table without a sort key: 25 items to a request, and one more request to read each 100 that
 * existed.
 *
 * After a lost answer a request is sent again and so may meet what it wrote itself: that is an `exists` too, which the
 * caller knows by its content.
 */
export function insertNewInto(table: Table): InsertNew {
  return insertNewBy({
    insert: (items, signal) => insertItems(table, items, signal),
    read: (keys, signal) =>
      readItems(
        table,
        keys.map((key) => ({ [table.key]: { S: key } })),
        signal,
      ),
  });
}

/** The two requests that `InsertNew` is made of; each answers for every key. */
export interface InsertAndRead {
  insert(items: readonly Item[], signal?: AbortSignal): Promise<ReadonlyMap<string, InsertOutcome>>;
  read(keys: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, ReadResult>>;
}

/** `InsertNew` by an insertion, and a read of what that met. */
export function insertNewBy({ insert, read }: InsertAndRead): InsertNew {
  return async (items, signal) => {
    const inserted = await insert(items, signal);
    const losers = [...inserted].filter(([, { kind }]) => kind === 'exists').map(([key]) => key);
    const existing = await read(losers, signal);
    return new Map(
      [...inserted].map(([key, outcome]) => [
        key,
        outcome.kind === 'exists' ? existsAs(existing.get(key)) : outcome,
      ]),
    );
  };
}

function existsAs(read: ReadResult | undefined): InsertResult {
  if (read?.kind === 'found') return { kind: 'exists', item: read.item };
  return { kind: 'failed', error: read?.kind === 'failed' ? read.error : itemVanished() };
}

/** What stood there for an INSERT was gone for the read after it: deleted, or expired, in between. */
export function itemVanished(): StatementError {
  return new StatementError('ITEM_VANISHED', 'an item was deleted while it was looked at', {
    retriable: true,
  });
}

/** Inserts each item whose key is new; a result for every key, of items with one key the first counts. */
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
  const statements = [...distinct].map(([key, item]) => insertStatement(table, key, item));
  const results = await executeStatements(table, statements, signal);
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

function insertStatement(table: Table, key: string, item: Item): Statement {
  const names = Object.keys(item);
  return {
    key,
    text: `INSERT INTO "${table.name}" VALUE {${names.map((name) => `'${name}': ?`).join(', ')}}`,
    parameters: Object.values(item),
  };
}
