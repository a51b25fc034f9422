import {
  InvokeCommand,
  type InvokeCommandOutput,
  type LambdaClient,
  LambdaServiceException,
  TooManyRequestsException,
} from '@aws-sdk/client-lambda';
import { z } from 'zod';
import { batchItemFailures } from '../../local/event-sources/delivery/batch-item-failures.ts';
import type { Consumer } from './consumers.ts';
import type { InvocationOutcome } from './transitions.ts';

/** How an invocation with one record ended. */
export type Answer =
  | InvocationOutcome
  /** No environment is free: the function has not run. */
  | { readonly kind: 'throttled' }
  /** The function has not run, and no other record will fare better. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

/** Invokes a consumer with an event and waits for its answer. */
export type InvokeConsumer = (consumer: Consumer, event: object) => Promise<Answer>;

/** Errors of the API that speak of this one event; all others of the caller's kind speak of the call as such. */
const OF_THE_EVENT: ReadonlySet<string> = new Set([
  'RequestTooLargeException',
  'InvalidRequestContentException',
]);

/** Codes of Node and the SDK after which nothing was sent. */
const NOT_SENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'CredentialsProviderError',
]);

export function invokeConsumer(client: LambdaClient): InvokeConsumer {
  return async ({ functionArn, partialResponses }, event) => {
    const command = new InvokeCommand({
      FunctionName: functionArn,
      InvocationType: 'RequestResponse',
      Payload: Buffer.from(JSON.stringify(event)),
    });
    let output: InvokeCommandOutput;
    try {
      output = await client.send(command);
    } catch (error) {
      if (error instanceof Error) return answerTo(error);
      throw error;
    }
    const { FunctionError, Payload } = output;
    // The SDK has null for an empty body.
    const payload = Payload ?? new Uint8Array();
    if (FunctionError !== undefined)
      return { kind: 'failed', code: `${FunctionError}/${errorType(payload)}` };
    return partialResponses ? judged(payload) : { kind: 'handled' };
  };
}

/** The event holds one record, so that whatever a failure names is this record or makes the response invalid. */
function judged(payload: Uint8Array): InvocationOutcome {
  const failures = batchItemFailures(payload);
  if (failures === 'malformed') return { kind: 'failed', code: 'MalformedResponse' };
  return failures.length === 0 ? { kind: 'handled' } : { kind: 'failed', code: 'BatchItemFailure' };
}

/** What an error of the call means. Where the function may have run, the record failed: consumers are idempotent. */
function answerTo(error: Error): Answer {
  if (error instanceof TooManyRequestsException) return { kind: 'throttled' };
  if (error instanceof LambdaServiceException) {
    const isOfTheCall = error.$fault === 'client' && !OF_THE_EVENT.has(error.name);
    return isOfTheCall
      ? { kind: 'refused', code: error.name, message: error.message }
      : { kind: 'failed', code: error.name };
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return NOT_SENT.has(code) ? { kind: 'refused', code, message: error.message } : { kind: 'failed', code };
}

const FunctionFailure = z.object({ errorType: z.string() });

/** The class of the error alone: its message may quote the record. */
function errorType(payload: Uint8Array): string {
  try {
    const failure = FunctionFailure.safeParse(JSON.parse(Buffer.from(payload).toString()));
    return failure.success ? failure.data.errorType.slice(0, 100) : 'unknown';
  } catch {
    return 'unknown';
  }
}
