import { pathToFileURL } from 'node:url';
import { isJson } from '../json.ts';
import type { InvocationResult, Invoke } from '../lambda/invocation.ts';
import type { FunctionModel } from '../resources/function.ts';
import { type ApiAnswer, type ApiCall, apiError, document, empty, page, throttled } from './protocol.ts';

/** The three forms of a function's name, each with or without a qualifier: name, partial ARN, ARN. */
const forms =
  /^(?:arn:aws[a-zA-Z-]*:lambda:(?<region>[a-z]{2,}(?:-[a-z]+)+-\d+):(?=\d{12}:function:))?(?:(?<account>\d{12}):(?:function:)?|function:)?(?<name>[a-zA-Z0-9-_]+)(?::(?<qualifier>\$LATEST|[a-zA-Z0-9-_]+))?$/;

interface FunctionReference {
  readonly name: string;
  /** `undefined` stands for the function's own. */
  readonly region: string | undefined;
  readonly account: string | undefined;
  /** A version or an alias. */
  readonly qualifier: string | undefined;
}

/**
 * Reads `FunctionName` as the Lambda API takes it; `undefined` if it has none of its forms.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export function functionReference(text: string): FunctionReference | undefined {
  const groups = forms.exec(text)?.groups;
  if (groups?.name === undefined) return undefined;
  const { name, region, account, qualifier } = groups;
  return { name, region, account, qualifier };
}

/** Whether a function is the one a reference names. */
export function isReferredTo(fn: Pick<FunctionModel, 'name' | 'arn'>, reference: FunctionReference): boolean {
  const [, , , region, account] = fn.arn.split(':');
  return (
    fn.name === reference.name &&
    (reference.region ?? region) === region &&
    (reference.account ?? account) === account
  );
}

type Found =
  | { readonly kind: 'found'; readonly fn: FunctionModel }
  | { readonly kind: 'refused'; readonly answer: ApiAnswer };

/** The function a request is about. There is one version of each here, `$LATEST`: whatever the qualifier, it is meant. */
function findFunction(functions: readonly FunctionModel[], text: string, qualifier: string | null): Found {
  const reference = functionReference(text);
  if (reference === undefined) {
    return refused(
      apiError('InvalidParameterValueException', `FunctionName: it is no name or ARN of a function.`),
    );
  }
  if (qualifier !== null && reference.qualifier !== undefined && reference.qualifier !== qualifier) {
    const message = 'The derived qualifier from the function name does not match the specified qualifier.';
    return refused(apiError('InvalidParameterValueException', message));
  }
  const fn = functions.find((candidate) => isReferredTo(candidate, reference));
  if (fn !== undefined) return { kind: 'found', fn };
  return refused(apiError('ResourceNotFoundException', `Function not found: ${text}`));
}

function refused(answer: ApiAnswer): Found {
  return { kind: 'refused', answer };
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html */
const LONGEST_PAGE = 50;

export function listFunctions(functions: readonly FunctionModel[], call: ApiCall): Promise<ApiAnswer> {
  return page('Functions', functions, call, {
    longest: LONGEST_PAGE,
    id: ({ name }) => name,
    content: functionConfiguration,
  });
}

/** `Code.Location` is the folder the function runs from. */
export function getFunction(functions: readonly FunctionModel[], call: ApiCall): ApiAnswer {
  return about(functions, call, (fn) => ({
    Configuration: functionConfiguration(fn),
    Code: { Location: pathToFileURL(fn.codeDir).href },
    ...(fn.reservedConcurrency !== undefined && {
      Concurrency: { ReservedConcurrentExecutions: fn.reservedConcurrency },
    }),
  }));
}

export function getFunctionConfiguration(functions: readonly FunctionModel[], call: ApiCall): ApiAnswer {
  return about(functions, call, functionConfiguration);
}

function about(
  functions: readonly FunctionModel[],
  { subject, query }: ApiCall,
  content: (fn: FunctionModel) => object,
): ApiAnswer {
  const found = findFunction(functions, subject, query.get('Qualifier'));
  return found.kind === 'found' ? document(200, content(found.fn)) : found.answer;
}

/** `FunctionConfiguration` of the API as far as the template says and the local cloud keeps to it. */
function functionConfiguration(fn: FunctionModel): object {
  return {
    FunctionName: fn.name,
    FunctionArn: fn.arn,
    Runtime: fn.runtime,
    Handler: fn.handler,
    Timeout: fn.timeoutSeconds,
    MemorySize: fn.memoryMiB,
    Environment: { Variables: fn.environment },
    Version: '$LATEST',
    PackageType: 'Zip',
    State: 'Active',
    LastUpdateStatus: 'Successful',
  };
}

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
