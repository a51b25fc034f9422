import type {
  BatchGetItemCommandInput,
  BatchGetItemCommandOutput,
  GetItemCommandInput,
  GetItemCommandOutput,
  QueryCommandInput,
  QueryCommandOutput,
  ScanCommandInput,
  ScanCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { allUsed, onlyFields, type Whims } from './commands.ts';
import { conditionOf } from './expressions.ts';
import {
  byRange,
  type Database,
  distinct,
  type Item,
  invalid,
  type KeySchema,
  keyOf,
  keyText,
  type Table,
} from './tables.ts';

const knownOfGet = onlyFields('TableName', 'Key', 'ConsistentRead');

export function getItem(database: Database, input: GetItemCommandInput): GetItemCommandOutput {
  knownOfGet(input);
  const found = database.table(input.TableName).get(input.Key ?? {});
  return { $metadata: {}, ...(found && { Item: { ...found } }) };
}

const knownOfBatch = onlyFields('RequestItems');
const knownOfKeys = onlyFields('Keys', 'ConsistentRead');

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
export function batchGet(
  database: Database,
  input: BatchGetItemCommandInput,
  whims: Whims,
): BatchGetItemCommandOutput {
  knownOfBatch(input);
  const responses: Record<string, Record<string, NonNullable<Item[string]>>[]> = {};
  const unprocessed: NonNullable<BatchGetItemCommandOutput['UnprocessedKeys']> = {};
  for (const [name, asked] of Object.entries(input.RequestItems ?? {})) {
    knownOfKeys(asked);
    const table = database.table(name);
    const keys = asked.Keys ?? [];
    distinct(table, keys, 100);
    const left = keys.filter((key) => whims.leaves(keyText(table.schema, key)));
    responses[name] = keys.flatMap((key) => {
      const item = left.includes(key) ? undefined : table.get(key);
      return item === undefined ? [] : [{ ...item }];
    });
    if (left.length > 0) unprocessed[name] = { ...asked, Keys: left };
  }
  return { $metadata: {}, Responses: responses, UnprocessedKeys: unprocessed };
}

const knownOfQuery = onlyFields(
  'TableName',
  'IndexName',
  'KeyConditionExpression',
  'ExpressionAttributeNames',
  'ExpressionAttributeValues',
  'ConsistentRead',
  'ExclusiveStartKey',
  'Limit',
);
const knownOfScan = onlyFields('TableName', 'ConsistentRead', 'ExclusiveStartKey', 'Limit');

/** The items of one partition key, of the table or of an index of it that holds keys alone, in the order of the sort key. */
export function query(database: Database, input: QueryCommandInput, whims: Whims): QueryCommandOutput {
  knownOfQuery(input);
  const { ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {} } = input;
  allUsed(names, values, input.KeyConditionExpression);
  const table = database.table(input.TableName);
  const holds = conditionOf(input.KeyConditionExpression ?? '');
  const { schema, rows } = input.IndexName === undefined ? rowsOf(table) : indexed(table, input, whims);
  const found = rows.filter((item) => holds(item, { names, values })).sort(byRange(schema));
  return page(table, schema, found, input, whims);
}

/** All items: partition keys in an order that says nothing, those of one partition key in the order of the sort key. */
export function scan(database: Database, input: ScanCommandInput, whims: Whims): ScanCommandOutput {
  knownOfScan(input);
  const table = database.table(input.TableName);
  return page(table, table.schema, inScanOrder(table), input, whims);
}

interface Rows {
  readonly schema: KeySchema;
  readonly rows: Item[];
}

const rowsOf = ({ schema, items }: Table): Rows => ({ schema, rows: [...items.values()] });

/** Sparse: an item without the index's keys isn't in it. */
function indexed({ schema, items }: Table, input: QueryCommandInput, whims: Whims): Rows {
  const index = schema.indexes?.[input.IndexName ?? ''];
  if (index === undefined || input.ConsistentRead) throw invalid(`no such read of ${input.IndexName}`);
  const rows = [...items.values()].filter(
    (item) =>
      item[index.hash] && (index.range === undefined || item[index.range.name]) && whims.indexes(item),
  );
  return { schema: index, rows: rows.map((item) => ({ ...keyOf(schema, item), ...keyOf(index, item) })) };
}

function inScanOrder({ items, schema }: Table): Item[] {
  const partitions = Map.groupBy(items.values(), (item) => scatter(item[schema.hash]?.S ?? ''));
  return [...partitions]
    .sort(([one], [other]) => one - other)
    .flatMap(([, partition]) => partition.sort(byRange(schema)));
}

/** The part after the start key; the start key's own item may be gone. */
function page(
  table: Table,
  schema: KeySchema,
  items: readonly Item[],
  input: { readonly ExclusiveStartKey?: Item; readonly Limit?: number },
  whims: Whims,
): QueryCommandOutput & ScanCommandOutput {
  const start = input.ExclusiveStartKey;
  const rest = start === undefined ? items : items.filter((item) => isAfter(table, schema, item, start));
  const found = rest.slice(0, Math.max(1, whims.pageSize(input.Limit)));
  const last = found.at(-1);
  const isCut = last !== undefined && (found.length < rest.length || found.length === input.Limit);
  return {
    $metadata: {},
    Items: found.map((item) => ({ ...item })),
    Count: found.length,
    ScannedCount: found.length,
    ...(isCut && { LastEvaluatedKey: { ...keyOf(table.schema, last), ...keyOf(schema, last) } }),
  };
}

function isAfter({ schema: own }: Table, schema: KeySchema, item: Item, start: Item): boolean {
  const [one, other] = [item, start].map((key) => scatter(key[schema.hash]?.S ?? ''));
  if (one !== other) return (one ?? 0) > (other ?? 0);
  const order = byRange(schema)(item, start);
  return order === 0 ? keyText(own, item) > keyText(own, start) : order > 0;
}

/** FNV-1a: places partition keys as a hash would, the same in every run. */
function scatter(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return hash;
}
