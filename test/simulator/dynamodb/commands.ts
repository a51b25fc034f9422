/**
 * DynamoDB's commands over tables in memory, as far as the functions use them: what isn't known is refused by name, never
 * ignored. Each runs at once and as a whole, which is what DynamoDB's serializable isolation makes of one item; where a
 * batch may be done in part, the `Whims` say which part.
 */
import {
  BatchExecuteStatementCommand,
  BatchGetItemCommand,
  type BatchStatementErrorCodeEnum,
  BatchWriteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { batchGet, getItem, query, scan } from './reads.ts';
import { executeStatements } from './statements.ts';
import { type Database, type Item, invalid } from './tables.ts';
import { batchWrite, putItem, transactWrite, updateItem } from './writes.ts';

/** How a statement of a batch fails by itself. */
export interface StatementFault {
  readonly code: BatchStatementErrorCodeEnum;
  readonly applied: boolean;
}

/** What DynamoDB is free to do with a request. */
export interface Whims {
  /** Whether this key of a batch is left unprocessed; a key is its values as a text, `hash|range`. */
  leaves(key: string): boolean;
  /** What befalls the statement about this key of a batch; `applied` ones have been carried out all the same. */
  statement(key: string): StatementFault | undefined;
  /** Whether an index knows of this item already. */
  indexes(item: Item): boolean;
  /** How many items a page has at most. */
  pageSize(asked: number | undefined): number;
}

/** A DynamoDB with nothing in its way. */
export const CALM: Whims = {
  leaves: () => false,
  statement: () => undefined,
  indexes: () => true,
  pageSize: (asked) => asked ?? Number.POSITIVE_INFINITY,
};

/** What is known of a command of the SDK's. */
export interface Command {
  readonly input: object;
}

/** @throws what the SDK throws for it: DynamoDB's own exceptions. */
export function execute(database: Database, command: Command, whims: Whims): object {
  if (command instanceof GetItemCommand) return getItem(database, command.input);
  if (command instanceof PutItemCommand) return putItem(database, command.input);
  if (command instanceof UpdateItemCommand) return updateItem(database, command.input);
  if (command instanceof QueryCommand) return query(database, command.input, whims);
  if (command instanceof ScanCommand) return scan(database, command.input, whims);
  if (command instanceof BatchGetItemCommand) return batchGet(database, command.input, whims);
  if (command instanceof BatchWriteItemCommand) return batchWrite(database, command.input, whims);
  if (command instanceof TransactWriteItemsCommand) return transactWrite(database, command.input);
  if (command instanceof BatchExecuteStatementCommand) {
    return executeStatements(database, command.input, whims);
  }
  throw invalid(`the twin knows no ${command.constructor.name}`);
}

/**
 * A check that a request has no field but these, so that nothing the twin doesn't know is taken for done.
 *
 * `ConsistentRead` is always as asked for: the twin has one copy.
 */
export function onlyFields<Name extends string>(...names: readonly Name[]): (input: object) => void {
  const known: ReadonlySet<string> = new Set(names);
  return (input) => {
    for (const [name, value] of Object.entries(input)) {
      if (value !== undefined && !known.has(name)) throw invalid(`the twin knows no ${name}`);
    }
  };
}

/** DynamoDB refuses a placeholder that no expression of the request has. */
export function allUsed(
  names: Readonly<Record<string, unknown>> | undefined,
  values: Readonly<Record<string, unknown>> | undefined,
  ...expressions: readonly (string | undefined)[]
): void {
  const used = new Set(expressions.flatMap((text) => text?.match(/[:#]\w+/g) ?? []));
  for (const placeholder of Object.keys({ ...names, ...values })) {
    if (!used.has(placeholder)) throw invalid(`${placeholder} is unused in expressions`);
  }
}
