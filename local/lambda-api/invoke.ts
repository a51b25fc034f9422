import { isJson } from '../json.ts';
import type { InvocationResult, Invoke } from '../lambda/invocation.ts';
import type { FunctionModel } from '../resources/function.ts';
import { type ApiAnswer, apiError, empty, throttled } from './answer.ts';
import type { ApiCall } from './call.ts';
import { findFunction } from './function-reference.ts';

export interface InvokePorts {
  readonly functions: () => readonly FunctionModel[];
  readonly invoke: Invoke;
  /** Takes an asynchronous invocation. */
  readonly enqueue: (functionName: string, event: string) => void;
}

/**
 * The longest payloads in bytes, by what the invoker waits for.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const MAX_PAYLOAD_BYTES = { RequestResponse: 6 * 1024 * 1024, Event: 1024 * 1024, DryRun: 6 * 1024 * 1024 };

type InvocationType = keyof typeof MAX_PAYLOAD_BYTES;

/** The longest payload of any type. */
export const LONGEST_PAYLOAD_BYTES = MAX_PAYLOAD_BYTES.RequestResponse;

/** Parameters of Invoke whose effect does not exist here. */
const notHonoured = {
  ClientContext: 'x-amz-client-context',
  DurableExecutionName: 'x-amz-durable-execution-name',
  TenantId: 'x-amz-tenant-id',
};

/**
 * Runs a function for a client: `RequestResponse` waits for its end, `Event` leaves it to the queue, `DryRun` only finds
 * the function. `LogType` is taken and brings no log: `millrace logs` has it.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export async function invoke(ports: InvokePorts, call: ApiCall): Promise<ApiAnswer> {
  const type = call.header('x-amz-invocation-type') ?? 'RequestResponse';
  if (!isInvocationType(type)) {
    return apiError(
      'InvalidParameterValueException',
      'InvocationType: it is Event, RequestResponse or DryRun.',
    );
  }
  for (const [parameter, header] of Object.entries(notHonoured)) {
    if (call.header(header) === undefined) continue;
    return apiError('InvalidParameterValueException', `${parameter}: the local cloud does not honour it.`);
  }
  const found = findFunction(ports.functions(), call.subject, call.query.get('Qualifier'));
  if (found.kind === 'refused') return found.answer;
  if (call.body.length > MAX_PAYLOAD_BYTES[type]) {
    const limit = `${call.body.length} byte payload is too large for the ${type} invocation type (limit ${MAX_PAYLOAD_BYTES[type]} bytes)`;
    return apiError('RequestTooLargeException', limit);
  }
  // A function that is invoked without a payload gets an empty object.
  const event = call.body.length === 0 ? '{}' : Buffer.from(call.body).toString();
  if (!isJson(event)) {
    return apiError('InvalidRequestContentException', 'Could not parse request body into json.');
  }
  switch (type) {
    case 'DryRun':
      return empty(204);
    case 'Event':
      ports.enqueue(found.fn.name, event);
      return empty(202);
    case 'RequestResponse':
      return answerOf(await ports.invoke(found.fn.name, event));
  }
}

function answerOf(result: InvocationResult): ApiAnswer {
  switch (result.kind) {
    case 'throttled':
      return throttled();
    case 'success':
    case 'function-error':
      return {
        status: 200,
        headers: {
          'content-type': 'application/json',
          'x-amzn-requestid': result.requestId,
          'x-amz-executed-version': '$LATEST',
          ...(result.kind === 'function-error' && { 'x-amz-function-error': 'Unhandled' }),
        },
        body: result.payload,
      };
  }
}

function isInvocationType(text: string): text is InvocationType {
  return Object.hasOwn(MAX_PAYLOAD_BYTES, text);
}
