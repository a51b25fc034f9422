import {
  InternalServerError,
  ProvisionedThroughputExceededException,
  ThrottlingException,
  TransactionConflictException,
  TransactionInProgressException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Chance } from '../../support/chance.ts';
import type { Command } from './commands.ts';
import { cancelled } from './writes.ts';

/** A request beyond what the table may have. */
export const THROTTLED = () =>
  new ProvisionedThroughputExceededException({
    message: 'Rate exceeded',
    $metadata: { httpStatusCode: 400 },
  });

/** The SDK's own, when its caller's signal ends a request. */
export const aborted = () => named('AbortError', 'Request aborted');

/** One of the ways in which DynamoDB asks to slow down. */
export function throttle(random: Chance): Error {
  const options = { message: 'Rate exceeded', $metadata: { httpStatusCode: 400 } };
  return random.hits(0.5)
    ? new ThrottlingException(options)
    : new ProvisionedThroughputExceededException(options);
}

/** The service fails, or nobody is reached. */
export function outage(random: Chance): Error {
  return random.hits(0.5)
    ? new InternalServerError({ message: 'Internal server error', $metadata: { httpStatusCode: 500 } })
    : named('Error', 'connect ECONNREFUSED', 'ECONNREFUSED');
}

/** The SDK's own, or Node's, when no answer comes. */
export function timeout(): Error {
  return named('TimeoutError', 'the request was not answered in time');
}

/** Half an answer: the connection broke, or what came can't be read. */
export function cutAnswer(random: Chance): Error {
  return random.hits(0.5)
    ? named('Error', 'aborted', 'ECONNRESET')
    : Object.assign(new SyntaxError('Unexpected end of JSON input'), { $metadata: { httpStatusCode: 200 } });
}

/** An error as the SDK and Node make them: known by name and code. */
export function named(name: string, message: string, code?: string): Error {
  return Object.assign(new Error(message), { name, ...(code !== undefined && { code }) });
}

/** How another transaction at the same items shows; undefined for what meets none. */
export function conflictOn(command: Command, random: Chance): Error | undefined {
  if (command instanceof TransactWriteItemsCommand) {
    if (random.hits(0.2)) {
      return new TransactionInProgressException({ Message: 'in progress', message: '', $metadata: {} });
    }
    const count = command.input.TransactItems?.length ?? 0;
    const at = random.int(0, count - 1);
    return cancelled(
      Array.from({ length: count }, (_, index) => ({ Code: index === at ? 'TransactionConflict' : 'None' })),
    );
  }
  if (command instanceof UpdateItemCommand) {
    const message = 'Transaction is ongoing for the item';
    return new TransactionConflictException({ message, $metadata: { httpStatusCode: 400 } });
  }
  return undefined;
}
