import { OrderlyError } from './errors.ts';

/** Somebody stopped waiting. */
const TIMEOUTS: ReadonlySet<string> = new Set(['TimeoutError', 'RequestTimeout', 'RequestTimeoutException']);

/** Nobody was asked: there was no address, no connection, or nothing to sign with. */
const NOBODY_ASKED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  // Of `fetch`: https://github.com/nodejs/undici/blob/main/docs/docs/api/Errors.md
  'UND_ERR_CONNECT_TIMEOUT',
  'CredentialsProviderError',
]);

/**
 * Every name that says "not now" rather than "never": the record that met it is delivered again.
 *
 * Names of exceptions and codes of PartiQL statements share the list, since none of them collide.
 */
const TRANSIENT: ReadonlySet<string> = new Set([
  ...TIMEOUTS,
  ...NOBODY_ASKED,
  'AbortError',
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
  // The account or the deployment is at fault and no record is. A grant takes minutes to be seen everywhere.
  'AccessDenied',
  'AccessDeniedException',
  'ExpiredTokenException',
  'ResourceNotFound',
  'ResourceNotFoundException',
  'UnrecognizedClientException',
  'AccountSuspendedException',
  'MailFromDomainNotVerifiedException',
  'SendingPausedException',
]);

/**
 * Whether the same call may succeed later without a change.
 *
 * So it is with what is on the list, with every 5xx answer, with an answer that could not be read, and with whatever
 * happens to a connection. Anything else is not: it may be a bug, or what was asked.
 */
export function isTransient(error: unknown): boolean {
  if (error instanceof OrderlyError) return error.retriable;
  if (!(error instanceof Error)) return false;
  return (
    isTransientCode(error.name) ||
    isTransientCode(codeOf(error)) ||
    httpStatusOf(error) >= 500 ||
    (httpStatusOf(error) > 0 && !isAnswer(error)) ||
    isOfConnection(codeOf(error))
  );
}

/**
 * Whether what was asked for may have happened all the same: always, unless it is known that it did not.
 *
 * That is known where nobody was asked, and where the other side has answered with an error of its own, whose word counts.
 * An `OrderlyError` is its author's word: it may have happened if the code is `TimeoutError`.
 */
export function isLostAnswer(error: unknown): boolean {
  if (error instanceof OrderlyError) return TIMEOUTS.has(error.code);
  if (!(error instanceof Error)) return true;
  if (isAnswer(error)) return TIMEOUTS.has(error.name) || GATEWAY_TIMEOUTS.has(httpStatusOf(error));
  return !wasNobodyAsked(error);
}

/** Somebody in between stopped waiting for who was asked: https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.5 */
const GATEWAY_TIMEOUTS: ReadonlySet<number> = new Set([408, 504]);

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

/** Every exception of a service has a `$fault`; what fails at reading an answer has its `$metadata` alone. */
function isAnswer(error: Error): boolean {
  return '$fault' in error;
}

/** By the code, or by what Node was about when a system call failed. */
function wasNobodyAsked(error: Error): boolean {
  if (error instanceof TypeError && error.cause instanceof Error) return wasNobodyAsked(error.cause);
  // Of several addresses, each was tried.
  if (error instanceof AggregateError && error.errors.length > 0) {
    return error.errors.every((one) => one instanceof Error && wasNobodyAsked(one));
  }
  if (NOBODY_ASKED.has(error.name) || NOBODY_ASKED.has(codeOf(error))) return true;
  return 'syscall' in error && (error.syscall === 'connect' || error.syscall === 'getaddrinfo');
}

/** Codes that Node has for a use of its own functions that was wrong: https://nodejs.org/api/errors.html#nodejs-error-codes */
const MISUSE = /^(ERR_(?!SSL_|TLS_|HTTP2_|STREAM_|SOCKET_)|UND_ERR_INVALID_ARG$|UND_ERR_NOT_SUPPORTED$)/;

/**
 * Node's codes in capitals, but for those of its misuse: of sockets (`EPROTO`), of HTTP (`HPE_INVALID_CONSTANT`,
 * `UND_ERR_SOCKET`), of certificates (`CERT_HAS_EXPIRED`). No list of them could be whole.
 */
function isOfConnection(code: string): boolean {
  return /^[A-Z][A-Z0-9_]+$/.test(code) && !MISUSE.test(code);
}

function httpStatusOf(error: Error): number {
  if (!('$metadata' in error)) return 0;
  const metadata = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return 0;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : 0;
}
