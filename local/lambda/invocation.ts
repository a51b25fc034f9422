import { constants } from 'node:os';
import { z } from 'zod';
import { tryJson } from '../json.ts';
import type { Exit } from '../processes/guarded.ts';

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

/** Why an invocation, or the start of an environment, failed: in the words Lambda has for it. */
export interface Failure {
  readonly errorType: string;
  readonly errorMessage: string;
  /** The error document as JSON. */
  readonly payload: Uint8Array;
}

/** The longest response in bytes: 6 MB as Lambda counts them, by its own error message. */
export const MAX_RESPONSE_BYTES = 6_291_556;

/** @see https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html */
export function timedOut(requestId: string, timeoutSeconds: number): Failure {
  return failure(
    'Sandbox.Timedout',
    `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`,
  );
}

/** The environment's process ended without an answer. */
export function exited(requestId: string, exit: Exit): Failure {
  const reason =
    exit.code === 0
      ? 'Runtime exited without providing a reason'
      : `Runtime exited with error: ${exit.signal === null ? `exit status ${exit.code}` : `signal: ${signalName(exit.signal)}`}`;
  return failure('Runtime.ExitError', `RequestId: ${requestId} Error: ${reason}`);
}

/** No process could be started for the environment. */
export function notStarted(requestId: string, reason: string): Failure {
  return failure('Runtime.InvalidEntrypoint', `RequestId: ${requestId} Error: ${reason}`);
}

export function responseTooLarge(): Failure {
  return failure(
    'Function.ResponseSizeTooLarge',
    `Response payload size exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`,
  );
}

/** A member that isn't the text it should be counts as none. */
const text = z.string().optional().catch(undefined);
const ErrorDocument = z.object({ errorType: text, errorMessage: text });

/**
 * Reads what a runtime reported to one of the two error paths. The document is handed on byte for byte; where it isn't
 * the JSON that the Runtime API asks for, the type comes from the header.
 */
export function reported(body: Uint8Array, errorTypeHeader: string | undefined): Failure {
  const { success, data } = ErrorDocument.safeParse(tryJson(body));
  const errorType = data?.errorType ?? errorTypeHeader ?? 'Runtime.Unknown';
  const errorMessage = data?.errorMessage ?? '';
  return success ? { errorType, errorMessage, payload: body } : failure(errorType, errorMessage);
}

/** The result an invoker sees of an invocation that ended in this failure. */
export function functionError(requestId: string, failed: Failure, durationMs: number): InvocationResult {
  return { kind: 'function-error', requestId, ...failed, durationMs };
}

function failure(errorType: string, errorMessage: string): Failure {
  return { errorType, errorMessage, payload: Buffer.from(JSON.stringify({ errorType, errorMessage })) };
}

/** The signal as the Go runtime names it, which is what Lambda's messages are made with. */
function signalName(signal: NodeJS.Signals): string {
  return goNames[signal] ?? `signal ${constants.signals[signal]}`;
}

const goNames: Partial<Record<NodeJS.Signals, string>> = {
  SIGABRT: 'aborted',
  SIGALRM: 'alarm clock',
  SIGBUS: 'bus error',
  SIGFPE: 'floating point exception',
  SIGHUP: 'hangup',
  SIGILL: 'illegal instruction',
  SIGINT: 'interrupt',
  SIGKILL: 'killed',
  SIGPIPE: 'broken pipe',
  SIGQUIT: 'quit',
  SIGSEGV: 'segmentation fault',
  SIGTERM: 'terminated',
  SIGTRAP: 'trace/breakpoint trap',
};
