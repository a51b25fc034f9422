/** Facts about an error for logs and callers: ids, counts and codes, never what a customer wrote. */
export type ErrorData = Readonly<Record<string, string | number | boolean>>;

/**
 * The base of every error that the functions throw on purpose.
 *
 * `code` is stable and what callers match on; `retriable` says whether the same call may succeed later without a change;
 * `message` and `data` hold no customer's data, so both may be logged.
 */
export class OrderlyError extends Error {
  readonly code: string;
  readonly retriable: boolean;
  readonly data: ErrorData;

  constructor(
    code: string,
    message: string,
    options: { retriable?: boolean; data?: ErrorData; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    // Not the class's own name: a minified bundle has none that a person could read.
    this.name = 'OrderlyError';
    this.code = code;
    this.retriable = options.retriable ?? false;
    this.data = options.data ?? {};
  }
}
