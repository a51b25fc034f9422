import { BatchGetItemCommand } from '@aws-sdk/client-dynamodb';
import { chunksOf, mapConcurrently } from '../concurrency.ts';
import { requestError, type StatementError, statementError } from './statement-error.ts';
import { type Item, type KeyedTable, keyOf } from './table.ts';

/** What stands under a key; a read that failed is never taken for "nothing". */
export type ReadResult =
  | { readonly kind: 'found'; readonly item: Item }
  | { readonly kind: 'absent' }
  | { readonly kind: 'failed'; readonly error: StatementError };

const KEYS_PER_REQUEST = 100;
const REQUESTS_IN_FLIGHT = 4;
/** An answer is cut at 16 MB, and throttling can leave keys out: a few rounds, then those left have failed. */
const ROUNDS = 4;

/** Reads items consistently, 100 keys to a request; keys that DynamoDB left unprocessed are asked for again. */
export async function readItems(
  table: KeyedTable,
  keys: readonly string[],
): Promise<Map<string, ReadResult>> {
  const results = await mapConcurrently(
    chunksOf([...new Set(keys)], KEYS_PER_REQUEST),
    REQUESTS_IN_FLIGHT,
    (chunk) => readChunk(table, chunk),
  );
  return new Map(results.flatMap((chunk) => [...chunk]));
}

async function readChunk(table: KeyedTable, keys: readonly string[]): Promise<Map<string, ReadResult>> {
  const results = new Map<string, ReadResult>();
  let asked = [...keys];
  for (let round = 0; round < ROUNDS && asked.length > 0; round++) {
    let unprocessed: string[];
    try {
      const answer = await table.client.send(
        new BatchGetItemCommand({
          RequestItems: {
            [table.name]: { Keys: asked.map((key) => ({ [table.key]: { S: key } })), ConsistentRead: true },
          },
        }),
      );
      for (const item of answer.Responses?.[table.name] ?? []) {
        results.set(keyOf(table, item), { kind: 'found', item });
      }
      unprocessed = (answer.UnprocessedKeys?.[table.name]?.Keys ?? []).map((key) => keyOf(table, key));
    } catch (cause) {
      const error = requestError(cause);
      for (const key of asked) results.set(key, { kind: 'failed', error });
      return results;
    }
    const left = new Set(unprocessed);
    for (const key of asked) if (!results.has(key) && !left.has(key)) results.set(key, { kind: 'absent' });
    asked = unprocessed;
  }
  for (const key of asked) results.set(key, { kind: 'failed', error: statementError('ThrottlingError') });
  return results;
}
