import { TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import type { Command } from './commands.ts';

/**
 * The SDK gives a transaction a token of its own, so that its own repetitions are answered as the first attempt was
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html). Nothing else has one.
 */
export function idempotent(command: Command, carryOut: () => object): () => object {
  if (!(command instanceof TransactWriteItemsCommand)) return carryOut;
  let answer: object | undefined;
  return () => {
    answer ??= carryOut();
    return answer;
  };
}
