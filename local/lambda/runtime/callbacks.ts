import type { Handler } from './handler.ts';

/**
 * Runs a handler as the runtimes below nodejs24 do, where it may answer by a promise, by its callback or by
 * `context.succeed`, `fail` and `done`; the first answer counts, and the value it returns otherwise does not.
 *
 * Resolves with the answer. A callback's answer is held back until the event loop is empty, unless the handler has set
 * `context.callbackWaitsForEmptyEventLoop = false`; if the event loop runs empty without any answer, the answer is null.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
 */
export function callWithCallback(handler: Handler, event: unknown, context: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let answer: (() => void) | undefined;
    const settle = () => {
      process.removeListener('beforeExit', settle);
      if (answer === undefined) resolve(null);
      else answer();
    };
    // `beforeExit` is emitted when the event loop has run empty: the runtime itself waits for nothing meanwhile.
    process.once('beforeExit', settle);

    const first = (error: unknown, result: unknown): boolean => {
      if (answer !== undefined) return false;
      answer = error === null || error === undefined ? () => resolve(result) : () => reject(error);
      return true;
    };
    const done = (error: unknown, result?: unknown) => {
      if (first(error, result)) settle();
    };
    const callbackContext = {
      ...context,
      callbackWaitsForEmptyEventLoop: true,
      done,
      succeed: (result?: unknown) => done(null, result),
      fail: (error?: unknown) => done(error ?? 'handled'),
    };
    const callback = (error: unknown, result?: unknown) => {
      const failed = error !== null && error !== undefined;
      if (first(error, result) && (failed || !callbackContext.callbackWaitsForEmptyEventLoop)) settle();
    };

    try {
      const returned = handler(event, callbackContext, callback);
      if (isThenable(returned)) returned.then(callbackContext.succeed, callbackContext.fail);
    } catch (error) {
      done(error);
    }
  });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
