import { fileURLToPath } from 'node:url';
import { type GuardedProcess, spawnGuarded } from '../processes/guarded.ts';
import type { FunctionModel } from '../resources/function.ts';
import {
  exited,
  type Failure,
  functionError,
  type InvocationResult,
  reported,
  responseTooLarge,
  timedOut,
} from './invocation.ts';
import {
  type Body,
  type Handout,
  type RuntimeApi,
  type RuntimeListener,
  serveRuntimeApi,
} from './runtime-api.ts';

/** Lambda's own limit for the start of an environment; a start that takes longer is tried once more within the timeout. */
const INIT_SECONDS = 10;

export interface EnvironmentOptions {
  readonly fn: FunctionModel;
  /** Variables beyond the template's and Lambda's own. */
  readonly added: Readonly<Record<string, string>>;
  readonly onLog: (line: string) => void;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  readonly newId: () => string;
  /** The environment waits for an invocation: for the first one, or after one has ended. */
  readonly onIdle: (environment: Environment) => void;
  /** It takes no more invocations and has to be stopped; `initFailure` is set if it never became idle. */
  readonly onGone: (environment: Environment, initFailure: InitFailure | undefined) => void;
}

/** Why an environment did not start, worded for the invocation that waited for it. */
export type InitFailure = (requestId: string) => Failure;

/**
 * An execution environment: a child process with its own Runtime API, at work on one invocation at a time.
 *
 *            next            invoke            response, error       next
 *   init ───────────> idle ──────────> busy ───────────────> ending ──────> idle
 *     └─ init error     └──────────────┴──── exit, timeout ────┴──────────> gone
 *
 * In `ending` the invoker has its result and the runtime hasn't asked for more yet: the deadline still counts, so a
 * handler that blocks after its answer doesn't hold the environment for ever.
 */
export interface Environment {
  readonly pid: number;
  state(): State['at'];
  /** Of the invocation at hand. */
  requestId(): string | undefined;
  /** Hands an invocation to an idle environment. The result comes by `onResult`, exactly once. */
  invoke(requestId: string, event: string, onResult: (result: InvocationResult) => void): void;
  /** Ends the process; resolves when it is gone. What it was at work on ends in `Runtime.ExitError`. */
  stop(): Promise<void>;
}

interface Invocation {
  readonly requestId: string;
  readonly startedAt: number;
  readonly timer: NodeJS.Timeout;
  readonly onResult: (result: InvocationResult) => void;
}

type State =
  | { readonly at: 'init' }
  | { readonly at: 'idle'; readonly hand: (handout: Handout) => void }
  | { readonly at: 'busy' | 'ending'; readonly invocation: Invocation }
  | { readonly at: 'gone' };

/**
 * Starts the process of an environment; resolves when it runs, long before it is idle for the first time. Rejects if no
 * process can be started.
 */
export async function startEnvironment(options: EnvironmentOptions): Promise<Environment> {
  const { fn, clock } = options;
  let state: State = { at: 'init' };

  const api = await serveRuntimeApi(listener());
  const child = spawn(options, api);
  const initTimer = setTimeout(expireInit, (INIT_SECONDS + fn.timeoutSeconds) * 1000);
  const environment: Environment = {
    pid: child.pid,
    state: () => state.at,
    requestId: () => (state.at === 'busy' || state.at === 'ending' ? state.invocation.requestId : undefined),
    invoke,
    stop: () => child.stop(),
  };
  void child.exited.then((exit) => {
    api.close();
    leave((requestId) => exited(requestId, exit));
  });
  return environment;

  function listener(): RuntimeListener {
    return {
      onNext(hand) {
        if (state.at === 'init') clearTimeout(initTimer);
        else if (state.at === 'ending') clearTimeout(state.invocation.timer);
        else return false;
        state = { at: 'idle', hand };
        options.onIdle(environment);
        return true;
      },
      onLost() {
        // Its process is dead or dying: no invocation may be handed to it until the exit is reported.
        if (state.at === 'idle') leave((requestId) => exited(requestId, { code: 0, signal: null }));
      },
      onResponse(requestId, body) {
        return settle(requestId, (durationMs) =>
          body === 'too-large'
            ? functionError(requestId, responseTooLarge(), durationMs)
            : { kind: 'success', requestId, payload: body, durationMs },
        );
      },
      onError(requestId, body, errorType) {
        return settle(requestId, (durationMs) => functionError(requestId, read(body, errorType), durationMs));
      },
      onInitError(body, errorType) {
        leave(() => read(body, errorType));
        return true;
      },
    };
  }

  function invoke(requestId: string, event: string, onResult: Invocation['onResult']): void {
    if (state.at !== 'idle') throw new Error(`Environment ${child.pid} of ${fn.name} is not idle.`);
    const { hand } = state;
    const startedAt = clock();
    const timer = setTimeout(expire, fn.timeoutSeconds * 1000);
    state = { at: 'busy', invocation: { requestId, startedAt, timer, onResult } };
    options.onLog(`START RequestId: ${requestId} Version: $LATEST`);
    hand({
      requestId,
      event,
      deadlineMs: Math.ceil(startedAt) + fn.timeoutSeconds * 1000,
      functionArn: fn.arn,
      traceId: traceId(startedAt, requestId),
    });
  }

  function settle(requestId: string, result: (durationMs: number) => InvocationResult): boolean {
    if (state.at !== 'busy' || state.invocation.requestId !== requestId) return false;
    const { invocation } = state;
    const durationMs = clock() - invocation.startedAt;
    state = { at: 'ending', invocation };
    endLines(requestId, durationMs, fn.memoryMiB).forEach(options.onLog);
    invocation.onResult(result(durationMs));
    return true;
  }

  function expire(): void {
    leave((requestId) => timedOut(requestId, fn.timeoutSeconds));
  }

  function expireInit(): void {
    leave((requestId) => timedOut(requestId, INIT_SECONDS + fn.timeoutSeconds));
  }

  /** The end of the environment, whatever its state: an invocation at hand gets the failure. */
  function leave(why: InitFailure): void {
    if (state.at === 'gone') return;
    const left = state;
    if (left.at === 'busy') {
      settle(left.invocation.requestId, (durationMs) =>
        functionError(left.invocation.requestId, why(left.invocation.requestId), durationMs),
      );
    }
    clearTimeout(initTimer);
    if (left.at === 'busy' || left.at === 'ending') clearTimeout(left.invocation.timer);
    state = { at: 'gone' };
    options.onGone(environment, left.at === 'init' ? why : undefined);
  }
}

function read(body: Body, errorType: string | undefined): Failure {
  return body === 'too-large' ? responseTooLarge() : reported(body, errorType);
}

function spawn({ fn, added, clock, newId, onLog }: EnvironmentOptions, api: RuntimeApi): GuardedProcess {
  try {
    return spawnGuarded(process.execPath, [`--max-old-space-size=${fn.memoryMiB}`, bootstrap], {
      cwd: fn.codeDir,
      env: environmentVariables(fn, {
        region: regionOf(fn.arn),
        logStreamName: logStreamName(clock(), newId()),
        runtimeApi: api.endpoint,
        added,
        path: process.env.PATH,
      }),
      grace: 'kill',
      onOutput: onLog,
    });
  } catch (error) {
    api.close();
    throw error;
  }
}

/** Beside this file, in TypeScript or compiled as this file is. */
const bootstrap = fileURLToPath(
  new URL(`./runtime/bootstrap${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

/** An X-Ray trace header whose parts are taken from the invocation; nothing is traced. */
function traceId(epochMs: number, requestId: string): string {
  const seconds = Math.floor(epochMs / 1000).toString(16);
  const digits = requestId.replaceAll('-', '').padEnd(40, '0');
  return `Root=1-${seconds}-${digits.slice(0, 24)};Parent=${digits.slice(-16)};Sampled=0`;
}

/**
 * The environment variables a function's process starts with, and all of them: what the template says, Lambda's reserved
 * variables, and what the local cloud adds, which wins.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
function environmentVariables(
  fn: FunctionModel,
  run: {
    readonly region: string;
    readonly logStreamName: string;
    /** `host:port` of the environment's Runtime API. */
    readonly runtimeApi: string;
    readonly added: Readonly<Record<string, string>>;
    /** Where commands are found; the only thing that comes from this machine. */
    readonly path: string | undefined;
  },
): Record<string, string> {
  return {
    ...(run.path === undefined ? {} : { PATH: run.path }),
    // Nobody's folder, as on AWS: the SDK looks there for ~/.aws, which must not be the user's own, and fails without HOME
    // where the user id has no entry in /etc/passwd (https://nodejs.org/api/os.html#oshomedir).
    HOME: '/home/sbx_user1051',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    ...fn.environment,
    AWS_REGION: run.region,
    AWS_DEFAULT_REGION: run.region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${fn.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: fn.name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(fn.memoryMiB),
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${fn.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: run.logStreamName,
    LAMBDA_TASK_ROOT: fn.codeDir,
    _HANDLER: fn.handler,
    ...run.added,
    AWS_LAMBDA_RUNTIME_API: run.runtimeApi,
  };
}

/** `2026/11/22[$LATEST]<32 hexadecimal digits>`, as Lambda names the log stream of an environment. */
function logStreamName(epochMs: number, id: string): string {
  const date = new Date(epochMs).toISOString().slice(0, 10).replaceAll('-', '/');
  return `${date}[$LATEST]${id.replaceAll('-', '')}`;
}

/** The region an ARN names. */
function regionOf(arn: string): string {
  return arn.split(':')[3] ?? '';
}

/**
 * What Lambda itself writes to a function's log when an invocation has ended, in its text format. The memory used is left out: it
 * is not measured.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html
 */
function endLines(requestId: string, durationMs: number, memoryMiB: number): readonly string[] {
  const report = [
    `REPORT RequestId: ${requestId}`,
    `Duration: ${durationMs.toFixed(2)} ms`,
    `Billed Duration: ${Math.ceil(durationMs)} ms`,
    `Memory Size: ${memoryMiB} MB`,
  ];
  return [`END RequestId: ${requestId}`, report.join('\t')];
}
