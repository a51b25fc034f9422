import type {
  BatchGetItemCommandInput,
  BatchGetItemCommandOutput,
  BatchWriteItemCommandInput,
  BatchWriteItemCommandOutput,
  WriteRequest,
} from '@aws-sdk/client-dynamodb';
import type { Whims } from './commands.ts';
import { onlyFields } from './known.ts';
import { type Database, invalid, keyOf, keyText, type Table } from './tables.ts';
import type { Item } from './values.ts';

const known = onlyFields('RequestItems');
const knownOfKeys = onlyFields('Keys', 'ConsistentRead');
const knownOfWrite = onlyFields('PutRequest', 'DeleteRequest');

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
export function batchGet(
  database: Database,
  input: BatchGetItemCommandInput,
  whims: Whims,
): BatchGetItemCommandOutput {
  known(input);
  const responses: Record<string, Record<string, NonNullable<Item[string]>>[]> = {};
  const unprocessed: NonNullable<BatchGetItemCommandOutput['UnprocessedKeys']> = {};
  for (const [name, asked] of Object.entries(input.RequestItems ?? {})) {
    knownOfKeys(asked);
    const table = database.table(name);
    const keys = asked.Keys ?? [];
    distinct(table, keys, 100);
    const left = keys.filter(() => whims.leaves());
    responses[name] = keys.flatMap((key) => {
      const item = left.includes(key) ? undefined : table.get(key);
      return item === undefined ? [] : [{ ...item }];
    });
    if (left.length > 0) unprocessed[name] = { ...asked, Keys: left };
  }
  return { $metadata: {}, Responses: responses, UnprocessedKeys: unprocessed };
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html */
export function batchWrite(
  database: Database,
  input: BatchWriteItemCommandInput,
  whims: Whims,
): BatchWriteItemCommandOutput {
  known(input);
  const unprocessed: Record<string, WriteRequest[]> = {};
  for (const [name, requests] of Object.entries(input.RequestItems ?? {})) {
    const table = database.table(name);
    for (const request of requests) knownOfWrite(request);
    const keys = requests.map(({ PutRequest: put, DeleteRequest: deletion }) =>
      keyOf(table.schema, put?.Item ?? deletion?.Key ?? {}),
    );
    distinct(table, keys, 25);
    const left = requests.filter(() => whims.leaves());
    requests.forEach((request, index) => {
      if (!left.includes(request)) table.write(keys[index] ?? {}, request.PutRequest?.Item);
    });
    if (left.length > 0) unprocessed[name] = left;
  }
  return { $metadata: {}, UnprocessedItems: unprocessed };
}

function distinct({ schema }: Table, keys: readonly Item[], limit: number): void {
  if (keys.length === 0 || keys.length > limit) throw invalid(`a batch of ${keys.length}, ${limit} at most`);
  if (new Set(keys.map((key) => keyText(schema, key))).size < keys.length) {
    throw invalid('Provided list of item keys contains duplicates');
  }
}
