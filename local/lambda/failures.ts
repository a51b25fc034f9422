import { constants } from 'node:os';
import type { Exit } from '../processes/guarded.ts';
import type { InvocationResult } from './invocation.ts';

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

/**
 * Reads what a runtime reported to one of the two error paths. The document is handed on byte for byte; where it isn't
 * the JSON that the Runtime API asks for, the type comes from the header.
 */
export function reported(body: Uint8Array, errorTypeHeader: string | undefined): Failure {
  const document = parseObject(body);
  const errorType = text(document?.errorType) ?? errorTypeHeader ?? 'Runtime.Unknown';
  const errorMessage = text(document?.errorMessage) ?? '';
  return document === undefined
    ? failure(errorType, errorMessage)
    : { errorType, errorMessage, payload: body };
}

/** The result an invoker sees of an invocation that ended in this failure. */
export function functionError(requestId: string, failed: Failure, durationMs: number): InvocationResult {
  return { kind: 'function-error', requestId, ...failed, durationMs };
}

function failure(errorType: string, errorMessage: string): Failure {
  return { errorType, errorMessage, payload: Buffer.from(JSON.stringify({ errorType, errorMessage })) };
}

function parseObject(body: Uint8Array): { errorType?: unknown; errorMessage?: unknown } | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(body).toString());
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
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
