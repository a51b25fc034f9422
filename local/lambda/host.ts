import { LocalCloudError } from '../errors.ts';
import type { FunctionModel } from '../resources/function.ts';
import type { Invoke } from './invocation.ts';
import { createPool, type EnvironmentStatus, type FunctionStats, type Pool } from './pool.ts';

export interface FunctionHostOptions {
  readonly functions: readonly FunctionModel[];
  /** What the local cloud adds to the variables of the template, such as `AWS_ENDPOINT_URL` and credentials. */
  readonly environment: (fn: FunctionModel) => Readonly<Record<string, string>>;
  /** Environments of one function at the same time. */
  readonly maxEnvironments: number;
  /** Each line that a function prints, and the START, END and REPORT lines of its invocations. */
  readonly onLog: (functionName: string, line: string) => void;
  /** Called when an invocation, `event` its JSON, has been handed to the environment with that process id. */
  readonly onInvocation?: (functionName: string, requestId: string, pid: number, event: string) => void;
  /** Epoch milliseconds; fractions give finer durations. */
  readonly clock: () => number;
  /** A UUID. */
  readonly newRequestId: () => string;
}

/** A function whose environment does not start, in Lambda's words. */
export interface LoadFailure {
  readonly functionName: string;
  readonly errorType: string;
  readonly errorMessage: string;
}

/** Runs functions in child processes that speak the Lambda Runtime API. Freezing between invocations is not emulated. */
export interface FunctionHost {
  /** Rejects with `FUNCTION_NOT_FOUND` for a name it doesn't have and with `NOT_RUNNING` once it stops. */
  readonly invoke: Invoke;
  /** Starts one environment of each function, and tells which don't load. */
  warmUp(): Promise<readonly LoadFailure[]>;
  /**
   * Puts another model, above all other code, in the place of the function of that name: what is running ends as it began,
   * everything else runs the new one. Resolves when the new one is loaded, with why if it doesn't load.
   */
  replace(fn: FunctionModel): Promise<LoadFailure | undefined>;
  environments(functionName: string): readonly EnvironmentStatus[];
  stats(): readonly FunctionStats[];
  /** Rejects pending invocations; resolves when no process is left. Idempotent. */
  stop(): Promise<void>;
}

/** As many as a laptop has memory for; `maxEnvironments` in millrace.json is another number. */
export const DEFAULT_ENVIRONMENTS = 4;

export function createFunctionHost(options: FunctionHostOptions): FunctionHost {
  const { onInvocation } = options;
  const pools = new Map<string, Pool>(
    options.functions.map((fn) => [
      fn.name,
      createPool({
        fn,
        maxEnvironments: options.maxEnvironments,
        added: options.environment(fn),
        onLog: (line) => options.onLog(fn.name, line),
        onInvocation: (requestId, pid, event) => onInvocation?.(fn.name, requestId, pid, event),
        clock: options.clock,
        newRequestId: options.newRequestId,
      }),
    ]),
  );

  function pool(functionName: string): Pool {
    const found = pools.get(functionName);
    if (found !== undefined) return found;
    throw new LocalCloudError('FUNCTION_NOT_FOUND', `There is no function ${functionName}.`, {
      remedy: [`The functions are: ${[...pools.keys()].join(', ')}`],
    });
  }

  async function load(functionName: string): Promise<LoadFailure | undefined> {
    const why = await pool(functionName).warmUp();
    if (why === undefined) return undefined;
    const { errorType, errorMessage } = why(options.newRequestId());
    return { functionName, errorType, errorMessage };
  }

  return {
    invoke: async (functionName, event) => pool(functionName).invoke(event),
    async warmUp() {
      const failures = await Promise.all([...pools.keys()].map(load));
      return failures.filter((failure) => failure !== undefined);
    },
    async replace(fn) {
      await pool(fn.name).replace({ fn, added: options.environment(fn) });
      return load(fn.name);
    },
    environments: (functionName) => pool(functionName).environments(),
    stats: () => [...pools.values()].map((each) => each.stats()),
    async stop() {
      await Promise.all([...pools.values()].map((each) => each.stop()));
    },
  };
}
