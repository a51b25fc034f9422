/** One request to the Lambda API. */
export interface ApiCall {
  /** What the path names: a function or a mapping, decoded; empty where the path names nothing. */
  readonly subject: string;
  readonly query: URLSearchParams;
  header(name: string): string | undefined;
  readonly body: Uint8Array;
}

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

/**
 * Answers one page of a list, as `member`, in the order of the items' ids. `MaxItems` may ask for up to 10,000; no page is longer
 * than `longest`. An item that comes or goes between two pages moves no other one.
 */
export async function page<T>(
  member: string,
  items: readonly T[],
  { query }: ApiCall,
  of: {
    readonly longest: number;
    readonly id: (item: T) => string;
    readonly content: (item: T) => object | Promise<object>;
  },
): Promise<ApiAnswer> {
  const asked = Number(query.get('MaxItems') ?? of.longest);
  if (!Number.isInteger(asked) || asked < 1 || asked > 10_000) {
    return apiError('InvalidParameterValueException', 'MaxItems: it is a number from 1 to 10000.');
  }
  const after = Buffer.from(query.get('Marker') ?? '', 'base64url').toString();
  const rest = items
    .toSorted((a, b) => compare(of.id(a), of.id(b)))
    .filter((item) => compare(of.id(item), after) > 0);
  const chosen = rest.slice(0, Math.min(asked, of.longest));
  const last = chosen.at(-1);
  return document(200, {
    [member]: await Promise.all(chosen.map(of.content)),
    ...(last !== undefined &&
      chosen.length < rest.length && { NextMarker: Buffer.from(of.id(last)).toString('base64url') }),
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
