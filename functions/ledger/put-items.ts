import { BatchWriteItemCommand, type WriteRequest } from '@aws-sdk/client-dynamodb';
import { chunksOf, mapConcurrently } from '../concurrency.ts';
import { requestError, type StatementError, statementError } from './statement-error.ts';
import { type Item, type KeyedTable, keyOf } from './table.ts';

const ITEMS_PER_REQUEST = 25;
const REQUESTS_IN_FLIGHT = 4;
/** What DynamoDB left unprocessed is sent again this often in all. */
const ROUNDS = 4;

/**
 * Writes items whatever stands there, 25 to a request, no key twice; what DynamoDB left unprocessed is sent again.
 *
 * Answers the keys that could not be written, each with its error.
 */
export async function putItems(
  table: KeyedTable,
  items: readonly Item[],
): Promise<Map<string, StatementError>> {
  const failures = await mapConcurrently(chunksOf(items, ITEMS_PER_REQUEST), REQUESTS_IN_FLIGHT, (chunk) =>
    putChunk(table, chunk),
  );
  return new Map(failures.flatMap((chunk) => [...chunk]));
}

async function putChunk(table: KeyedTable, items: readonly Item[]): Promise<Map<string, StatementError>> {
  let requests: WriteRequest[] = items.map((item) => ({ PutRequest: { Item: { ...item } } }));
  for (let round = 0; round < ROUNDS && requests.length > 0; round++) {
    try {
      const answer = await table.client.send(
        new BatchWriteItemCommand({ RequestItems: { [table.name]: requests } }),
      );
      requests = answer.UnprocessedItems?.[table.name] ?? [];
    } catch (cause) {
      return failuresOf(table, requests, requestError(cause));
    }
  }
  return failuresOf(table, requests, statementError('ThrottlingError'));
}

function failuresOf(
  table: KeyedTable,
  requests: readonly WriteRequest[],
  error: StatementError,
): Map<string, StatementError> {
  return new Map(requests.map(({ PutRequest }) => [keyOf(table, PutRequest?.Item ?? {}), error]));
}
