import { Agent, type IncomingMessage, request } from 'node:http';
import { flushCompileCache } from 'node:module';
import { callWithCallback, errorDocument, type Handler, loadHandler, RuntimeError } from './handler.ts';

/**
 * The entry of an execution environment's process: loads the handler, then takes one invocation after the other from the
 * Runtime API. It reads what Lambda's own Node.js runtimes read, the reserved environment variables, and nothing else.
 *
 * As every start of an environment waits for it, it imports as little as it can.
 */

/** The exit codes of Lambda's Node.js runtimes. */
const EXIT_INIT_ERROR = 1;
const EXIT_UNHANDLED_REJECTION = 128;
const EXIT_UNCAUGHT_EXCEPTION = 129;

/** Node.js major from which handlers with a callback are refused. */
const FIRST_WITHOUT_CALLBACKS = 24;

const client = runtimeClient(variable('AWS_LAMBDA_RUNTIME_API'));
const nodeMajor = Number(/^AWS_Lambda_nodejs(\d+)/.exec(variable('AWS_EXECUTION_ENV'))?.[1]);
let current: NextInvocation | undefined;

process.on('uncaughtException', (error) => die(error, EXIT_UNCAUGHT_EXCEPTION, 'Uncaught Exception'));
process.on('unhandledRejection', (reason) => {
  const error = new RuntimeError('Runtime.UnhandledPromiseRejection', String(reason), { cause: reason });
  if (reason instanceof Error && reason.stack !== undefined) error.stack = reason.stack;
  die(error, EXIT_UNHANDLED_REJECTION, 'Unhandled Promise Rejection');
});

void run(client);

async function run(runtime: RuntimeClient): Promise<void> {
  let handler: Handler;
  try {
    handler = await loadHandler(variable('LAMBDA_TASK_ROOT'), variable('_HANDLER'));
    if (nodeMajor >= FIRST_WITHOUT_CALLBACKS && handler.length >= 3) {
      throw new RuntimeError(
        'Runtime.CallbackHandlerDeprecated',
        'Callback-based function handlers are not supported from Node.js 24 on: return a promise instead.',
      );
    }
  } catch (error) {
    return die(error, EXIT_INIT_ERROR, 'Init Error');
  }
  // Does nothing unless NODE_COMPILE_CACHE is set. At the exit it would be too late: an environment ends by SIGKILL.
  flushCompileCache();
  const fixed = {
    functionName: variable('AWS_LAMBDA_FUNCTION_NAME'),
    functionVersion: variable('AWS_LAMBDA_FUNCTION_VERSION'),
    memoryLimitInMB: variable('AWS_LAMBDA_FUNCTION_MEMORY_SIZE'),
    logGroupName: variable('AWS_LAMBDA_LOG_GROUP_NAME'),
    logStreamName: variable('AWS_LAMBDA_LOG_STREAM_NAME'),
  };

  for (;;) {
    const invocation = await runtime.next();
    current = invocation;
    if (invocation.traceId !== undefined) process.env._X_AMZN_TRACE_ID = invocation.traceId;
    const context = {
      ...fixed,
      awsRequestId: invocation.requestId,
      invokedFunctionArn: invocation.functionArn,
      getRemainingTimeInMillis: () => invocation.deadlineMs - Date.now(),
    };
    let body: string;
    try {
      const event: unknown = JSON.parse(invocation.event);
      const result =
        nodeMajor >= FIRST_WITHOUT_CALLBACKS
          ? await handler(event, context)
          : await callWithCallback(handler, event, context);
      body = stringified(result);
    } catch (error) {
      log('Invoke Error', error);
      const document = errorDocument(error);
      await runtime.fail(invocation.requestId, document.errorType, JSON.stringify(document));
      current = undefined;
      continue;
    }
    await runtime.respond(invocation.requestId, body);
    current = undefined;
  }
}

/** What has no JSON form, such as undefined, is null, as in Lambda. */
function stringified(result: unknown): string {
  try {
    return JSON.stringify(result) ?? 'null';
  } catch (error) {
    throw new RuntimeError('Runtime.JSONStringifyError', 'Unable to stringify response body', {
      cause: error,
    });
  }
}

/** Reports what ends this process: the host knows whether an invocation or the start of the environment waits for it. */
async function die(error: unknown, exitCode: number, what: string): Promise<void> {
  log(what, error);
  const document = errorDocument(error);
  try {
    await client.failInit(document.errorType, JSON.stringify(document));
  } finally {
    process.exit(exitCode);
  }
}

/** The line that Lambda's text log format has for an error. */
function log(what: string, error: unknown): void {
  const line = [
    new Date().toISOString(),
    current?.requestId,
    'ERROR',
    what,
    JSON.stringify(errorDocument(error)),
  ];
  process.stderr.write(`${line.join('\t')}\n`);
}

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`The environment variable ${name} is missing.`);
  return value;
}

/** One invocation as `/runtime/invocation/next` hands it over. */
export interface NextInvocation {
  readonly requestId: string;
  readonly deadlineMs: number;
  readonly functionArn: string;
  readonly traceId: string | undefined;
  /** JSON of the event. */
  readonly event: string;
}

/** The Runtime API, seen from inside an execution environment. Every method rejects if the host is gone. */
export interface RuntimeClient {
  next(): Promise<NextInvocation>;
  respond(requestId: string, body: string): Promise<void>;
  fail(requestId: string, errorType: string, document: string): Promise<void>;
  failInit(errorType: string, document: string): Promise<void>;
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html */
export function runtimeClient(endpoint: string): RuntimeClient {
  const separator = endpoint.lastIndexOf(':');
  const target = {
    host: endpoint.slice(0, separator),
    port: endpoint.slice(separator + 1),
    agent: new Agent({ keepAlive: true }),
  };

  function call(method: string, path: string, body: string | undefined, headers: Record<string, string>) {
    return new Promise<{ response: IncomingMessage; text: string }>((resolve, reject) => {
      const options = { ...target, method, path: `/2018-06-01/runtime/${path}`, headers };
      const outgoing = request(options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => resolve({ response, text: Buffer.concat(chunks).toString() }));
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  async function post(path: string, body: string, errorType?: string): Promise<void> {
    await call('POST', path, body, {
      'content-type': 'application/json',
      ...(errorType === undefined ? {} : { 'lambda-runtime-function-error-type': errorType }),
    });
  }

  return {
    async next() {
      const { response, text } = await call('GET', 'invocation/next', undefined, {});
      const header = (name: string) => response.headers[`lambda-runtime-${name}`]?.toString();
      const requestId = header('aws-request-id');
      if (response.statusCode !== 200 || requestId === undefined) {
        throw new Error(`The Runtime API answered ${response.statusCode} to invocation/next.`);
      }
      return {
        requestId,
        deadlineMs: Number(header('deadline-ms')),
        functionArn: header('invoked-function-arn') ?? '',
        traceId: header('trace-id'),
        event: text,
      };
    },
    respond: (requestId, body) => post(`invocation/${requestId}/response`, body),
    fail: (requestId, errorType, document) => post(`invocation/${requestId}/error`, document, errorType),
    failInit: (errorType, document) => post('init/error', document, errorType),
  };
}
