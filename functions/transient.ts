import { OrderlyError } from './errors.ts';

/** The request may have been carried out: it, or its answer, was lost on the way. */
const LOST_ANSWERS: readonly string[] = [
  'TimeoutError',
  'RequestTimeout',
  'RequestTimeoutException',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  // Those of `fetch`: https://github.com/nodejs/undici/blob/main/docs/docs/api/Errors.md
  'UND_ERR_SOCKET',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
];

/**
 * Every name and code that says "not now" rather than "never": the record that met it is delivered again.
 *
 * Names of exceptions, codes of PartiQL statements and of Node's sockets share the list, since none of them collide.
 */
const TRANSIENT: ReadonlySet<string> = new Set([
  ...LOST_ANSWERS,
  // Throttling: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
  'ThrottlingException',
  'ThrottlingError',
  'Throttling',
  'ProvisionedThroughputExceededException',
  'ProvisionedThroughputExceeded',
  'RequestLimitExceeded',
  'TooManyRequestsException',
  'LimitExceededException',
  // Another writer was there at the same moment.
  'TransactionConflictException',
  'TransactionConflict',
  // The service failed.
  'InternalServerError',
  'InternalServerErrorException',
  'InternalFailure',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  // Nobody was reached.
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  // The account or the deployment is at fault and no record is. A grant takes minutes to be seen everywhere.
  'AccessDenied',
  'AccessDeniedException',
  'CredentialsProviderError',
  'ExpiredTokenException',
  'ResourceNotFound',
  'ResourceNotFoundException',
  'UnrecognizedClientException',
  'AccountSuspendedException',
  'MailFromDomainNotVerifiedException',
  'SendingPausedException',
]);

/** Whether the same call may succeed later without a change. What is neither on the list nor a 5xx answer is not. */
export function isTransient(error: unknown): boolean {
  if (error instanceof OrderlyError) return error.retriable;
  if (!(error instanceof Error)) return false;
  return isTransientCode(error.name) || isTransientCode(codeOf(error)) || httpStatusOf(error) >= 500;
}

/** Whether what was asked for may have happened all the same, because no answer came. */
export function isLostAnswer(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return LOST_ANSWERS.includes(error.name) || LOST_ANSWERS.includes(codeOf(error));
}

/** `isTransient` for an error that is no exception: a statement's `Error.Code`. */
export function isTransientCode(code: string): boolean {
  return TRANSIENT.has(code);
}

/** The stable name of an error, without its message, which may quote what a customer wrote. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  // `fetch` rejects with a TypeError whose cause is what happened to the connection.
  if (error instanceof TypeError && error.cause instanceof Error) return codeOf(error.cause);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

function httpStatusOf(error: Error): number {
  if (!('$metadata' in error)) return 0;
  const metadata = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return 0;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : 0;
}
