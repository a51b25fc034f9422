import type {
  QueryCommandInput,
  QueryCommandOutput,
  ScanCommandInput,
  ScanCommandOutput,
} from '@aws-sdk/client-dynamodb';
import type { Whims } from './commands.ts';
import { conditionOf } from './conditions.ts';
import { allUsed, onlyFields } from './known.ts';
import { byRange, type Database, keyOf, keyText, type Table } from './tables.ts';
import type { Item } from './values.ts';

const knownOfQuery = onlyFields(
  'TableName',
  'KeyConditionExpression',
  'ExpressionAttributeNames',
  'ExpressionAttributeValues',
  'ConsistentRead',
  'ExclusiveStartKey',
  'Limit',
);
const knownOfScan = onlyFields('TableName', 'ConsistentRead', 'ExclusiveStartKey', 'Limit');

/** The items of one partition key, in the order of the sort key. */
export function query(database: Database, input: QueryCommandInput, whims: Whims): QueryCommandOutput {
  knownOfQuery(input);
  const { ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {} } = input;
  allUsed(names, values, input.KeyConditionExpression);
  const table = database.table(input.TableName);
  const holds = conditionOf(input.KeyConditionExpression ?? '');
  const items = [...table.items.values()].filter((item) => holds(item, { names, values }));
  return page(table, items.sort(byRange(table.schema)), input, whims);
}

/** All items: partition keys in an order that says nothing, those of one partition key in the order of the sort key. */
export function scan(database: Database, input: ScanCommandInput, whims: Whims): ScanCommandOutput {
  knownOfScan(input);
  const table = database.table(input.TableName);
  return page(table, inScanOrder(table), input, whims);
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
  items: readonly Item[],
  input: { readonly ExclusiveStartKey?: Item; readonly Limit?: number },
  whims: Whims,
): QueryCommandOutput & ScanCommandOutput {
  const { schema } = table;
  const start = input.ExclusiveStartKey;
  const rest = start === undefined ? items : items.filter((item) => isAfter(table, item, start));
  const found = rest.slice(0, Math.max(1, whims.pageSize(input.Limit)));
  const last = found.at(-1);
  const isCut = last !== undefined && (found.length < rest.length || found.length === input.Limit);
  return {
    $metadata: {},
    Items: found.map((item) => ({ ...item })),
    Count: found.length,
    ScannedCount: found.length,
    ...(isCut && { LastEvaluatedKey: { ...keyOf(schema, last) } }),
  };
}

function isAfter({ schema }: Table, item: Item, start: Item): boolean {
  const [one, other] = [item, start].map((key) => scatter(key[schema.hash]?.S ?? ''));
  if (one !== other) return (one ?? 0) > (other ?? 0);
  const order = byRange(schema)(item, start);
  return order === 0 ? keyText(schema, item) > keyText(schema, start) : order > 0;
}

/** FNV-1a: places partition keys as a hash would, the same in every run. */
function scatter(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return hash;
}
