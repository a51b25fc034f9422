import type { Put, Update as UpdateOfTransaction } from '@aws-sdk/client-dynamodb';
import { conditionOf } from './conditions.ts';
import { allUsed, onlyFields } from './known.ts';
import { type Database, keyOf, type Table } from './tables.ts';
import { updateOf } from './updates.ts';
import type { Item } from './values.ts';

/** Of a request of its own, where the expression may be missing, or of a transaction. */
type Update = Omit<UpdateOfTransaction, 'UpdateExpression'> & { readonly UpdateExpression?: string };

/** Which item a conditional write is about, and what it would make of it. */
export interface Planned {
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

/** A Put of a transaction. */
export function planPut(database: Database, put: Put): Planned {
  knownOfPut(put);
  allUsed(put.ExpressionAttributeNames, put.ExpressionAttributeValues, put.ConditionExpression);
  const table = database.table(put.TableName);
  const item = put.Item ?? {};
  const key = keyOf(table.schema, item);
  const before = table.get(key);
  return { table, key, before, after: item, holds: holds(put, before) };
}

/** An Update; it makes the item where there is none. */
export function planUpdate(database: Database, update: Update): Planned {
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
