import {
  type AttributeValue,
  BatchExecuteStatementCommand,
  type BatchStatementRequest,
  type BatchStatementResponse,
} from '@aws-sdk/client-dynamodb';
import { chunksOf, mapConcurrently } from '../concurrency.ts';
import { requestError, type StatementError, statementError } from './statement-error.ts';
import type { Item, KeyedTable } from './table.ts';

/** A PartiQL statement that writes the item under `key`; no two of a call may name the same key. */
export interface Statement {
  readonly key: string;
  readonly text: string;
  /** In the order of the question marks. */
  readonly parameters: readonly AttributeValue[];
}

/** How one statement ended. */
export type StatementResult =
  | { readonly kind: 'written' }
  /** Its condition did not hold. `item` is what stood there; an INSERT never brings it. */
  | { readonly kind: 'condition-failed'; readonly item: Item | undefined }
  | { readonly kind: 'failed'; readonly error: StatementError };

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html */
const STATEMENTS_PER_REQUEST = 25;
const REQUESTS_IN_FLIGHT = 4;

/**
 * Runs conditional writes, 25 to a request, each of them independent of the others: a result for every statement's key.
 *
 * DynamoDB refuses a whole request that names a key twice, so that is a mistake of the caller's here.
 */
export async function executeStatements(
  table: KeyedTable,
  statements: readonly Statement[],
): Promise<Map<string, StatementResult>> {
  const chunks = chunksOf(statements, STATEMENTS_PER_REQUEST);
  const results = await mapConcurrently(chunks, REQUESTS_IN_FLIGHT, async (chunk) => {
    try {
      const answer = await table.client.send(
        new BatchExecuteStatementCommand({ Statements: chunk.map(requestOf) }),
      );
      return chunk.map(({ key }, index) => [key, resultOf(answer.Responses?.[index])] as const);
    } catch (cause) {
      const failed: StatementResult = { kind: 'failed', error: requestError(cause) };
      return chunk.map(({ key }) => [key, failed] as const);
    }
  });
  return new Map(results.flat());
}

function requestOf({ text, parameters }: Statement): BatchStatementRequest {
  return { Statement: text, Parameters: [...parameters], ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
}

function resultOf(response: BatchStatementResponse | undefined): StatementResult {
  if (response === undefined) return { kind: 'failed', error: statementError('InternalServerError') };
  const { Error: error } = response;
  if (error === undefined) return { kind: 'written' };
  switch (error.Code) {
    case 'DuplicateItem':
    case 'ConditionalCheckFailed':
      return { kind: 'condition-failed', item: error.Item };
    default:
      return { kind: 'failed', error: statementError(error.Code ?? 'InternalServerError') };
  }
}
