import { OrderlyError } from '../errors.ts';
import { codeOf, isTransient, isTransientCode } from '../transient.ts';

/**
 * One item of a batch could not be read or written. `code` is DynamoDB's; `retriable` by the closed list of what is
 * transient. Its neighbours in the request may have succeeded.
 */
export class StatementError extends OrderlyError {}

/** From a statement's own `Error`, which comes under HTTP 200. */
export function statementError(code: string): StatementError {
  return new StatementError(code, 'DynamoDB refused a statement', { retriable: isTransientCode(code) });
}

/** From the failure of the whole request, which every statement in it shares. */
export function requestError(cause: unknown): StatementError {
  return new StatementError(codeOf(cause), 'a request to DynamoDB failed', {
    retriable: isTransient(cause),
    cause,
  });
}
