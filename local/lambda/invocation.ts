/** What an invoker sees of one invocation, in Lambda's terms. Expected outcomes are values, not exceptions. */
export type InvocationResult =
  | {
      readonly kind: 'success';
      readonly requestId: string;
      /** The function's response, JSON as bytes. */
      readonly payload: Uint8Array;
      readonly durationMs: number;
    }
  | {
      readonly kind: 'function-error';
      readonly requestId: string;
      /** JSON `{errorType, errorMessage, trace?}` as Lambda words it. */
      readonly payload: Uint8Array;
      /** e.g. `Runtime.ExitError`, `Sandbox.Timedout`, `Runtime.ImportModuleError`, or the thrown error's name. */
      readonly errorType: string;
      readonly errorMessage: string;
      readonly durationMs: number;
    }
  | { readonly kind: 'throttled' };

/** Runs one invocation of a function and tells how it ended; `event` is the JSON of the event. Rejects only if the host is stopping. */
export type Invoke = (functionName: string, event: string) => Promise<InvocationResult>;
