/**
 * The entry of an execution environment's process: loads the handler, then takes one invocation after the other from the
 * Runtime API. It reads what Lambda's own Node.js runtimes read, the reserved environment variables, and nothing else.
 *
 * As every start of an environment waits for it, it imports as little as it can.
 */
import { flushCompileCache } from 'node:module';
import { callWithCallback } from './callbacks.ts';
import { type NextInvocation, type RuntimeClient, runtimeClient } from './client.ts';
import { errorDocument, RuntimeError } from './errors.ts';
import { type Handler, loadHandler } from './handler.ts';

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
