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
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { batchGet, batchWrite } from './batches.ts';
import { query, scan } from './reads.ts';
import { getItem, updateItem } from './single.ts';
import { executeStatements } from './statements.ts';
import { type Database, invalid } from './tables.ts';
import { transactWrite } from './transactions.ts';

/** How a statement of a batch fails by itself. */
export interface StatementFault {
  readonly code: BatchStatementErrorCodeEnum;
  readonly applied: boolean;
}

/** What DynamoDB is free to do with a request. */
export interface Whims {
  /** Whether this key of a batch is left unprocessed. */
  leaves(): boolean;
  /** What befalls this statement of a batch; `applied` statements have been carried out all the same. */
  statement(): StatementFault | undefined;
  /** How many items a page has at most. */
  pageSize(asked: number | undefined): number;
}

/** A DynamoDB with nothing in its way. */
export const CALM: Whims = {
  leaves: () => false,
  statement: () => undefined,
  pageSize: (asked) => asked ?? Number.POSITIVE_INFINITY,
};

/** What is known of a command of the SDK's. */
export interface Command {
  readonly input: object;
}

/** @throws what the SDK throws for it: DynamoDB's own exceptions. */
export function execute(database: Database, command: Command, whims: Whims): object {
  if (command instanceof GetItemCommand) return getItem(database, command.input);
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
