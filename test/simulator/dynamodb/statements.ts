import type {
  AttributeValue,
  BatchExecuteStatementCommandInput,
  BatchExecuteStatementCommandOutput,
  BatchStatementRequest,
  BatchStatementResponse,
} from '@aws-sdk/client-dynamodb';
import { onlyFields, type Whims } from './commands.ts';
import { cached, type Tokens, tokensOf } from './expressions.ts';
import { areEqual, type Database, type Item, invalid, keyOf, keyText } from './tables.ts';

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
  const keyTexts = statements.map((statement) => {
    const { schema } = database.table(statement.table);
    return keyText(schema, keyOf(schema, itemOf(statement)));
  });
  const items = keyTexts.map((key, index) => `${statements[index]?.table}|${key}`);
  if (new Set(items).size < items.length) throw invalid('Duplicate statements on one item in a batch');
  return {
    $metadata: {},
    Responses: statements.map((statement, index) => {
      const fault = whims.statement(keyTexts[index] ?? '');
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
      const holds =
        before !== undefined &&
        statement.missing.every((name) => before[name] === undefined) &&
        Object.entries(statement.where).every(([name, value]) => {
          const stored = before[name];
          return stored !== undefined && areEqual(stored, value);
        });
      if (!holds) {
        const returnsOld = request?.ReturnValuesOnConditionCheckFailure === 'ALL_OLD';
        return failed('ConditionalCheckFailed', returnsOld ? before : undefined);
      }
      const kept = Object.entries({ ...before, ...statement.set });
      table.write(key, Object.fromEntries(kept.filter(([name]) => !statement.removed.includes(name))));
      break;
    }
  }
  return { TableName: table.name };
}

/** A statement with its parameters in place. */
type Statement =
  | { readonly kind: 'insert'; readonly table: string; readonly item: Item }
  | {
      readonly kind: 'update';
      readonly table: string;
      readonly set: Item;
      readonly removed: readonly string[];
      /** All of these attributes must be equal; the key's are among them. */
      readonly where: Item;
      /** None of these may be there. */
      readonly missing: readonly string[];
    };

/** A value in a statement: the next parameter, or the text that stands there. */
type Value = 'parameter' | AttributeValue;
type Bind = (parameters: readonly AttributeValue[]) => Statement;

/**
 * Reads a PartiQL statement (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html), a value being a
 * question mark or a text in quotes:
 *
 *     INSERT INTO "table" VALUE {'name': value, ...}
 *     UPDATE "table" { SET "name" = value | REMOVE "name" } WHERE test AND ...
 *     test = "name" = value | "name" IS MISSING
 */
function statementOf(text: string, parameters: readonly AttributeValue[]): Statement {
  return bindingOf(text)(parameters);
}

const bindingOf: (text: string) => Bind = cached((text) => {
  const tokens = tokensOf(text);
  const bind = tokens.skip('INSERT') ? readInsert(tokens) : readUpdate(tokens);
  if (tokens.next !== undefined) throw new SyntaxError(`${tokens.next} is too much in ${text}`);
  return bind;
});

function readInsert(tokens: Tokens): Bind {
  tokens.expect('INTO');
  const table = unquoted(tokens.take());
  tokens.expect('VALUE');
  tokens.expect('{');
  const item: [string, Value][] = [];
  do {
    const name = unquoted(tokens.take());
    tokens.expect(':');
    item.push([name, readValue(tokens)]);
  } while (tokens.skip(','));
  tokens.expect('}');
  return (parameters) => {
    const bound = binding(parameters);
    return { kind: 'insert', table, item: bound.last(item) };
  };
}

function readUpdate(tokens: Tokens): Bind {
  tokens.expect('UPDATE');
  const table = unquoted(tokens.take());
  const set: [string, Value][] = [];
  const removed: string[] = [];
  for (;;) {
    if (tokens.skip('SET')) set.push(readEquation(tokens));
    else if (tokens.skip('REMOVE')) removed.push(unquoted(tokens.take()));
    else break;
  }
  tokens.expect('WHERE');
  const where: [string, Value][] = [];
  const missing: string[] = [];
  do {
    const name = unquoted(tokens.take());
    if (tokens.skip('IS')) {
      tokens.expect('MISSING');
      missing.push(name);
    } else {
      tokens.expect('=');
      where.push([name, readValue(tokens)]);
    }
  } while (tokens.skip('AND'));
  return (parameters) => {
    const bound = binding(parameters);
    return { kind: 'update', table, set: bound.next(set), removed, where: bound.last(where), missing };
  };
}

function readEquation(tokens: Tokens): [string, Value] {
  const name = unquoted(tokens.take());
  tokens.expect('=');
  return [name, readValue(tokens)];
}

function readValue(tokens: Tokens): Value {
  const token = tokens.take();
  return token === '?' ? 'parameter' : { S: unquoted(token) };
}

/** Puts parameters in their places, one after another. */
function binding(parameters: readonly AttributeValue[]) {
  let used = 0;
  const next = (values: readonly [string, Value][]): Item =>
    Object.fromEntries(
      values.map(([name, value]): [string, AttributeValue] => {
        const bound = value === 'parameter' ? parameters[used++] : value;
        if (bound === undefined) throw new SyntaxError(`no parameter for ${name}`);
        return [name, bound];
      }),
    );
  return {
    next,
    last(values: readonly [string, Value][]): Item {
      const item = next(values);
      if (used < parameters.length) throw new SyntaxError(`${parameters.length} parameters for ${used}`);
      return item;
    },
  };
}

const unquoted = (token: string): string => token.replace(/^["']|["']$/g, '');
