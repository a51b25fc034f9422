import type {
  BatchExecuteStatementCommandInput,
  BatchExecuteStatementCommandOutput,
  BatchStatementRequest,
  BatchStatementResponse,
} from '@aws-sdk/client-dynamodb';
import type { Whims } from './commands.ts';
import { onlyFields } from './known.ts';
import { type Statement, statementOf } from './partiql.ts';
import { type Database, invalid, keyOf, keyText } from './tables.ts';
import { areEqual, type Item } from './values.ts';

const known = onlyFields('Statements');
const knownOfStatement = onlyFields('Statement', 'Parameters', 'ReturnValuesOnConditionCheckFailure');

/** Each statement by itself; what befalls one is told in its place, under an answer that is a success. */
export function executeStatements(
  database: Database,
  input: BatchExecuteStatementCommandInput,
  whims: Whims,
): BatchExecuteStatementCommandOutput {
  known(input);
  const requests = input.Statements ?? [];
  if (requests.length === 0 || requests.length > 25)
    throw invalid(`a batch of ${requests.length} statements`);
  const statements = requests.map((request) => {
    knownOfStatement(request);
    return statementOf(request.Statement ?? '', request.Parameters ?? []);
  });
  const keys = statements.map((statement) => {
    const { name, schema } = database.table(statement.table);
    return `${name}|${keyText(schema, keyOf(schema, itemOf(statement)))}`;
  });
  if (new Set(keys).size < keys.length) throw invalid('Duplicate statements on one item in a batch');
  return {
    $metadata: {},
    Responses: statements.map((statement, index) => {
      const fault = whims.statement();
      const response =
        fault === undefined || fault.applied ? run(database, statement, requests[index]) : undefined;
      if (fault === undefined) return response ?? {};
      return { TableName: statement.table, Error: { Code: fault.code, Message: 'the statement failed' } };
    }),
  };
}

const itemOf = (statement: Statement): Item =>
  statement.kind === 'insert' ? statement.item : statement.where;

function run(
  database: Database,
  statement: Statement,
  request: BatchStatementRequest | undefined,
): BatchStatementResponse {
  const table = database.table(statement.table);
  const key = keyOf(table.schema, itemOf(statement));
  const before = table.get(key);
  const failed = (code: 'DuplicateItem' | 'ConditionalCheckFailed', item?: Item): BatchStatementResponse => ({
    TableName: table.name,
    Error: { Code: code, Message: 'the condition failed', ...(item && { Item: { ...item } }) },
  });

  switch (statement.kind) {
    case 'insert':
      if (before !== undefined) return failed('DuplicateItem');
      table.write(key, statement.item);
      break;
    case 'update': {
      const holds = Object.entries(statement.where).every(([name, value]) => {
        const stored = before?.[name];
        return stored !== undefined && areEqual(stored, value);
      });
      if (!holds) {
        const returnsOld = request?.ReturnValuesOnConditionCheckFailure === 'ALL_OLD';
        return failed('ConditionalCheckFailed', returnsOld ? before : undefined);
      }
      table.write(key, { ...before, ...statement.set });
      break;
    }
  }
  return { TableName: table.name };
}
