import {
  ConditionalCheckFailedException,
  type GetItemCommandInput,
  type GetItemCommandOutput,
  type UpdateItemCommandInput,
  type UpdateItemCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { onlyFields } from './known.ts';
import { type Database, invalid } from './tables.ts';
import { type Planned, planUpdate } from './writes.ts';

const knownOfGet = onlyFields('TableName', 'Key', 'ConsistentRead');

export function getItem(database: Database, input: GetItemCommandInput): GetItemCommandOutput {
  knownOfGet(input);
  const found = database.table(input.TableName).get(input.Key ?? {});
  return { $metadata: {}, ...(found && { Item: { ...found } }) };
}

export function updateItem(database: Database, input: UpdateItemCommandInput): UpdateItemCommandOutput {
  const planned = planUpdate(database, input);
  const { table, key, before, after } = planned;
  if (!planned.holds) {
    const old = input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' ? before : undefined;
    throw new ConditionalCheckFailedException({
      message: 'The conditional request failed',
      $metadata: { httpStatusCode: 400 },
      ...(old && { Item: { ...old } }),
    });
  }
  table.write(key, after);
  return { $metadata: {}, ...attributes(planned, input.ReturnValues) };
}

function attributes({ before, after }: Planned, returnValues: string | undefined) {
  switch (returnValues) {
    case undefined:
    case 'NONE':
      return {};
    case 'ALL_OLD':
      return before && { Attributes: { ...before } };
    case 'ALL_NEW':
      return { Attributes: { ...after } };
    default:
      throw invalid(`the twin knows no ReturnValues ${returnValues}`);
  }
}
