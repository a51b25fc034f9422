import { type InsertOutcome, insertItems } from './insert-items.ts';
import { type ReadResult, readItems } from './read-items.ts';
import { StatementError } from './statement-error.ts';
import type { Item, KeyedTable } from './table.ts';

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
 * `InsertNew` on a DynamoDB table: 25 items to a request, and one more request to read each 100 that existed.
 *
 * After a lost answer the SDK sends a request again and so may meet what it wrote itself: that is an `exists` too, which
 * the caller knows by its content.
 */
export function insertNewInto(table: KeyedTable): InsertNew {
  return insertNewBy({
    insert: (items) => insertItems(table, items),
    read: (keys) => readItems(table, keys),
  });
}

/** The two requests that `InsertNew` is made of; each answers for every key. */
export interface InsertAndRead {
  insert(items: readonly Item[]): Promise<ReadonlyMap<string, InsertOutcome>>;
  read(keys: readonly string[]): Promise<ReadonlyMap<string, ReadResult>>;
}

/** `InsertNew` by an insertion, and a read of what that met. */
export function insertNewBy({ insert, read }: InsertAndRead): InsertNew {
  return async (items) => {
    const inserted = await insert(items);
    const losers = [...inserted].filter(([, { kind }]) => kind === 'exists').map(([key]) => key);
    const existing = await read(losers);
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
