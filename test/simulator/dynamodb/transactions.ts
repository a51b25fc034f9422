import {
  type CancellationReason,
  TransactionCanceledException,
  type TransactWriteItem,
  type TransactWriteItemsCommandInput,
  type TransactWriteItemsCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { onlyFields } from './known.ts';
import { type Database, invalid, keyText } from './tables.ts';
import { type Planned, planPut, planUpdate } from './writes.ts';

const known = onlyFields('TransactItems', 'ClientRequestToken');
const knownOfItem = onlyFields('Put', 'Update');

/** All of its writes, or none and a reason for each. */
export function transactWrite(
  database: Database,
  input: TransactWriteItemsCommandInput,
): TransactWriteItemsCommandOutput {
  known(input);
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
