/** The error document of the Runtime API, as the Node.js runtimes of Lambda write it. */
export interface ErrorDocument {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

/** A failure of the runtime itself rather than of the function; `name` is Lambda's error type, e.g. `Runtime.HandlerNotFound`. */
export class RuntimeError extends Error {
  constructor(errorType: string, message: string, options?: { cause: unknown }) {
    super(message, options);
    this.name = errorType;
  }
}

/** Anything can be thrown: what isn't an Error is described by its type and its string. */
export function errorDocument(thrown: unknown): ErrorDocument {
  try {
    if (thrown instanceof Error) {
      return { errorType: thrown.name, errorMessage: thrown.message, trace: thrown.stack?.split('\n') ?? [] };
    }
    return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
  } catch {
    // A getter or toString of the thrown value threw in its turn.
    return { errorType: 'Error', errorMessage: 'The thrown value could not be read.', trace: [] };
  }
}
