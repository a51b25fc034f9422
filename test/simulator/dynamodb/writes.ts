import {
  type BatchWriteItemCommandInput,
  type BatchWriteItemCommandOutput,
  type CancellationReason,
  ConditionalCheckFailedException,
  type Put,
  type PutItemCommandInput,
  type PutItemCommandOutput,
  TransactionCanceledException,
  type TransactWriteItem,
  type TransactWriteItemsCommandInput,
  type TransactWriteItemsCommandOutput,
  type UpdateItemCommandInput,
  type UpdateItemCommandOutput,
  type Update as UpdateOfTransaction,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { allUsed, onlyFields, type Whims } from './commands.ts';
import { conditionOf, updateOf } from './expressions.ts';
import { type Database, distinct, type Item, invalid, keyOf, keyText, type Table } from './tables.ts';

/** Of a request of its own, where the expression may be missing, or of a transaction. */
type Update = Omit<UpdateOfTransaction, 'UpdateExpression'> & { readonly UpdateExpression?: string };

/** Which item a conditional write is about, and what it would make of it. */
interface Planned {
  readonly table: Table;
  readonly key: Item;
  readonly before: Item | undefined;
  readonly after: Item;
  /** Whether the condition holds; only then may it be written. */
  readonly holds: boolean;
}

const condition = [
  'TableName',
  'ConditionExpression',
  'ExpressionAttributeNames',
  'ExpressionAttributeValues',
  'ReturnValuesOnConditionCheckFailure',
  'ReturnValues',
] as const;
const knownOfPut = onlyFields('Item', ...condition);
const knownOfUpdate = onlyFields('Key', 'UpdateExpression', ...condition);

function planPut(database: Database, put: Put): Planned {
  knownOfPut(put);
  allUsed(put.ExpressionAttributeNames, put.ExpressionAttributeValues, put.ConditionExpression);
  const table = database.table(put.TableName);
  const item = put.Item ?? {};
  const key = keyOf(table.schema, item);
  const before = table.get(key);
  return { table, key, before, after: item, holds: holds(put, before) };
}

/** An update makes the item where there is none. */
function planUpdate(database: Database, update: Update): Planned {
  knownOfUpdate(update);
  const { ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {} } = update;
  allUsed(names, values, update.UpdateExpression, update.ConditionExpression);
  const table = database.table(update.TableName);
  const key = keyOf(table.schema, update.Key ?? {});
  const before = table.get(key);
  const isHolding = holds(update, before);
  const change = updateOf(update.UpdateExpression ?? '');
  // Where the condition fails, the update needn't be possible.
  const after = isHolding ? change({ ...before, ...key }, { names, values }) : key;
  return { table, key, before, after, holds: isHolding };
}

function holds(write: Put | Update, before: Item | undefined): boolean {
  const { ConditionExpression: text } = write;
  const bindings = {
    names: write.ExpressionAttributeNames ?? {},
    values: write.ExpressionAttributeValues ?? {},
  };
  return text === undefined || conditionOf(text)(before ?? {}, bindings);
}

export function putItem(database: Database, input: PutItemCommandInput): PutItemCommandOutput {
  return carryOut(planPut(database, { ...input, TableName: input.TableName, Item: input.Item }), input);
}

export function updateItem(database: Database, input: UpdateItemCommandInput): UpdateItemCommandOutput {
  return carryOut(planUpdate(database, input), input);
}

function carryOut(
  { table, key, before, after, holds }: Planned,
  input: PutItemCommandInput | UpdateItemCommandInput,
) {
  if (!holds) {
    const old = input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' ? before : undefined;
    throw new ConditionalCheckFailedException({
      message: 'The conditional request failed',
      $metadata: { httpStatusCode: 400 },
      ...(old && { Item: { ...old } }),
    });
  }
  table.write(key, after);
  switch (input.ReturnValues) {
    case undefined:
    case 'NONE':
      return { $metadata: {} };
    case 'ALL_OLD':
      return { $metadata: {}, ...(before && { Attributes: { ...before } }) };
    case 'ALL_NEW':
      return { $metadata: {}, Attributes: { ...after } };
    default:
      throw invalid(`the twin knows no ReturnValues ${input.ReturnValues}`);
  }
}

const knownOfTransaction = onlyFields('TransactItems', 'ClientRequestToken');
const knownOfItem = onlyFields('Put', 'Update');

/** All of its writes, or none and a reason for each. */
export function transactWrite(
  database: Database,
  input: TransactWriteItemsCommandInput,
): TransactWriteItemsCommandOutput {
  knownOfTransaction(input);
  const items = input.TransactItems ?? [];
  const planned = items.map((item) => plan(database, item));
  const keys = new Set(planned.map(({ table, key }) => `${table.name}|${keyText(table.schema, key)}`));
  if (keys.size < planned.length) {
    throw invalid('Transaction request cannot include multiple operations on one item');
  }
  if (planned.some(({ holds }) => !holds)) {
    throw cancelled(
      planned.map(({ holds, before }, index) => {
        if (holds) return { Code: 'None' };
        const old = returnsOld(items[index]) ? before : undefined;
        return {
          Code: 'ConditionalCheckFailed',
          Message: 'The conditional request failed',
          ...(old && { Item: { ...old } }),
        };
      }),
    );
  }
  for (const { table, key, after } of planned) table.write(key, after);
  return { $metadata: {} };
}

/** What DynamoDB throws for a transaction that it did not carry out. */
export function cancelled(reasons: CancellationReason[]): TransactionCanceledException {
  const codes = reasons.map(({ Code: code }) => code).join(', ');
  return new TransactionCanceledException({
    message: `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    $metadata: { httpStatusCode: 400 },
    CancellationReasons: reasons,
  });
}

function plan(database: Database, item: TransactWriteItem): Planned {
  knownOfItem(item);
  if (item.Put !== undefined) return planPut(database, item.Put);
  if (item.Update !== undefined) return planUpdate(database, item.Update);
  throw invalid('a transaction item without a write');
}

function returnsOld(item: TransactWriteItem | undefined): boolean {
  return (item?.Put ?? item?.Update)?.ReturnValuesOnConditionCheckFailure === 'ALL_OLD';
}

const knownOfBatch = onlyFields('RequestItems');
const knownOfWrite = onlyFields('PutRequest', 'DeleteRequest');

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html */
export function batchWrite(
  database: Database,
  input: BatchWriteItemCommandInput,
  whims: Whims,
): BatchWriteItemCommandOutput {
  knownOfBatch(input);
  const unprocessed: Record<string, WriteRequest[]> = {};
  for (const [name, requests] of Object.entries(input.RequestItems ?? {})) {
    const table = database.table(name);
    for (const request of requests) knownOfWrite(request);
    const keys = requests.map(({ PutRequest: put, DeleteRequest: deletion }) =>
      keyOf(table.schema, put?.Item ?? deletion?.Key ?? {}),
    );
    distinct(table, keys, 25);
    const left = requests.filter((_, index) => whims.leaves(keyText(table.schema, keys[index] ?? {})));
    requests.forEach((request, index) => {
      if (!left.includes(request)) table.write(keys[index] ?? {}, request.PutRequest?.Item);
    });
    if (left.length > 0) unprocessed[name] = left;
  }
  return { $metadata: {}, UnprocessedItems: unprocessed };
}
