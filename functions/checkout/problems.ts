/** Problem details, RFC 9457: what went wrong, in words that are safe to show and never repeat a value. */
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

const PROBLEMS = {
  'idempotency-key-invalid': {
    status: 400,
    title: 'The Idempotency-Key header is missing or invalid',
    detail:
      'Send one header Idempotency-Key of 1 to 255 visible ASCII characters without a comma, the same for each repetition.',
  },
  'body-too-large': {
    status: 413,
    title: 'The body is too large',
    detail: 'The body must have at most 64 KiB.',
  },
  'body-not-json': {
    status: 400,
    title: 'The body is not JSON',
    detail: 'The body must be JSON in UTF-8, without a byte order mark.',
  },
  'order-invalid': {
    status: 400,
    title: 'The order is invalid',
    detail: 'Nothing was ordered; see errors for what to change.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'The Idempotency-Key stands for another order',
    detail: 'This customer has used the key for an order of other content; use a new key for a new order.',
  },
  'caller-unknown': {
    status: 403,
    title: 'The caller is not known',
    detail: 'The checkout serves services that sign their requests with IAM, and nobody else.',
  },
  'order-not-found': {
    status: 404,
    title: 'There is no such order',
    detail: 'No order has this id.',
  },
  'route-not-found': {
    status: 404,
    title: 'There is no such route',
    detail: 'See the documentation for the routes of the checkout.',
  },
  unavailable: {
    status: 503,
    title: 'The checkout is busy',
    detail: 'Repeat the request with the same Idempotency-Key.',
  },
  'internal-error': {
    status: 500,
    title: 'Something went wrong',
    detail: 'Repeating the request with the same Idempotency-Key is safe.',
  },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

/** Where a request is wrong: a field of the body as a JSON pointer in a URI fragment (RFC 6901), or a header. */
export type ProblemError =
  | { readonly pointer: string; readonly detail: string }
  | { readonly header: string; readonly detail: string };

/** Why a request is refused. */
export interface Problem {
  readonly code: ProblemCode;
  readonly errors: readonly ProblemError[];
}

const MAX_ERRORS = 20;

/** A problem; only the first 20 errors are kept. */
export function problem(code: ProblemCode, errors: readonly ProblemError[] = []): Problem {
  return { code, errors: errors.slice(0, MAX_ERRORS) };
}

/** The JSON pointer of a path in the body, e.g. `#/lines/0/quantity`; `#` is the body itself. */
export function pointer(path: readonly PropertyKey[]): string {
  const tokens = path.map((key) =>
    encodeURIComponent(String(key).toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1')),
  );
  return ['#', ...tokens].join('/');
}

/** The HTTP answer that a problem is sent as. */
export function problemResponse({ code, errors }: Problem): APIGatewayProxyStructuredResultV2 {
  const { status, title, detail } = PROBLEMS[code];
  return {
    statusCode: status,
    headers: {
      'content-type': 'application/problem+json',
      ...(status === 503 ? { 'retry-after': '1' } : {}),
    },
    body: JSON.stringify({
      type: `urn:orderly:problem:${code}`,
      title,
      status,
      detail,
      ...(errors.length === 0 ? {} : { errors }),
    }),
  };
}
