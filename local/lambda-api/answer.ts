/** What the Lambda API answers to one request. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** The errors of the Lambda API that are answered here, with their status. */
const statuses = {
  InvalidParameterValueException: 400,
  InvalidRequestContentException: 400,
  ResourceInUseException: 400,
  ResourceNotFoundException: 404,
  UnknownOperationException: 404,
  RequestTooLargeException: 413,
  TooManyRequestsException: 429,
} as const;

type ApiErrorType = keyof typeof statuses;

/** The API's model spells the member in capitals for these two and in small letters otherwise. */
const inCapitals: ReadonlySet<ApiErrorType> = new Set([
  'ResourceInUseException',
  'ResourceNotFoundException',
]);

/** A JSON document as answer. */
export function document(status: number, content: object): ApiAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(content)),
  };
}

/** An answer without a body. */
export function empty(status: number): ApiAnswer {
  return { status, headers: {}, body: new Uint8Array() };
}

/**
 * An error as SDKs read it: the type in a header, the message in the document.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html
 */
export function apiError(type: ApiErrorType, message: string): ApiAnswer {
  const content = { Type: 'User', [inCapitals.has(type) ? 'Message' : 'message']: message };
  const { status, headers, body } = document(statuses[type], content);
  return { status, headers: { ...headers, 'x-amzn-errortype': type }, body };
}

/** The concurrency reserved for the function is used up; `Reason` as Lambda gives it. */
export function throttled(): ApiAnswer {
  const { status, headers } = apiError('TooManyRequestsException', '');
  const content = {
    Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
    Type: 'User',
    message: 'Rate Exceeded.',
  };
  return { status, headers, body: Buffer.from(JSON.stringify(content)) };
}
