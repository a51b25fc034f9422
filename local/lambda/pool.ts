import { createHistogram } from 'node:perf_hooks';
import { LocalCloudError } from '../errors.ts';
import type { FunctionModel } from '../resources/function.ts';
import { type Environment, type InitFailure, startEnvironment } from './environment.ts';
import { functionError, type InvocationResult, notStarted } from './invocation.ts';

export interface PoolOptions {
  readonly fn: FunctionModel;
  readonly maxEnvironments: number;
  readonly added: Readonly<Record<string, string>>;
  readonly onLog: (line: string) => void;
  readonly onInvocation: (requestId: string, pid: number, event: string) => void;
  readonly clock: () => number;
  readonly newRequestId: () => string;
}

/** What an environment is started from. */
type Blueprint = Pick<PoolOptions, 'fn' | 'added'>;

/** What is known of an environment from outside; `requestId` while it is at work on an invocation. */
export interface EnvironmentStatus {
  readonly pid: number;
  readonly state: 'init' | 'idle' | 'busy';
  readonly requestId?: string;
}

/**
 * The environments of one function and the queue before them. Environments start on demand, up to the smaller of
 * `maxEnvironments` and the reserved concurrency, and live until they fail or the pool stops; invocations beyond that wait
 * their turn, first in, first out. Lambda would throttle those; here a laptop's limit must not look like an account's.
 */
export interface Pool {
  invoke(event: string): Promise<InvocationResult>;
  /** Starts an environment if there is none and room for one; resolves when it is idle, or with the reason why it isn't. */
  warmUp(): Promise<InitFailure | undefined>;
  /**
   * Goes on with another model of the function, above all other code. Environments of the old one finish the invocation
   * at hand and end; whatever waits gets the new one. Resolves when no idle environment of the old one is left.
   */
  replace(next: Blueprint): Promise<void>;
  environments(): readonly EnvironmentStatus[];
  stats(): FunctionStats;
  /** Rejects what is pending and resolves when no process is left. */
  stop(): Promise<void>;
}

interface Pending {
  readonly requestId: string;
  readonly event: string;
  readonly end: (result: InvocationResult) => void;
  readonly reject: (error: Error) => void;
}

export function createPool(options: PoolOptions): Pool {
  let blueprint: Blueprint = options;
  const recorder = createRecorder();
  const queue: Pending[] = [];
  const idle: Environment[] = [];
  const pending = new Set<Pending>();
  /** Of each environment what it was started from; one that was started from another blueprint is an old one. */
  const environments = new Map<Promise<Environment>, { readonly from: Blueprint; running?: Environment }>();
  /** Processes that have been killed and may not be gone yet. */
  const leaving = new Set<Promise<void>>();
  let starting = 0;
  let stopped = false;

  const limit = () =>
    Math.min(options.maxEnvironments, blueprint.fn.reservedConcurrency ?? Number.POSITIVE_INFINITY);

  /** `onStarted` is called once: the environment is idle for the first time, or why it will never be. */
  function start(onStarted: (failure: InitFailure | undefined) => void): void {
    const from = blueprint;
    let starts = true;
    starting += 1;
    const started = (failure: InitFailure | undefined) => {
      if (starts) {
        starts = false;
        starting -= 1;
        onStarted(from === blueprint ? failure : undefined);
      }
    };
    const environment = startEnvironment({
      ...options,
      ...from,
      newId: options.newRequestId,
      onIdle(self) {
        started(undefined);
        if (from === blueprint) idle.push(self);
        // Its exit makes room for another one, which is started then.
        else void self.stop();
        dispatch();
      },
      onGone(self, failure) {
        environments.delete(environment);
        const end = self.stop().finally(() => leaving.delete(end));
        leaving.add(end);
        const index = idle.indexOf(self);
        if (index >= 0) idle.splice(index, 1);
        started(failure);
        dispatch();
      },
    });
    environments.set(environment, { from });
    environment.then(
      (running) => environments.set(environment, { from, running }),
      (error: unknown) => {
        environments.delete(environment);
        started((requestId) => notStarted(requestId, String(error)));
        dispatch();
      },
    );
  }

  /** Gives waiting invocations to idle environments, and starts environments for the rest as far as that is allowed. */
  function dispatch(): void {
    while (!stopped && queue.length > 0 && idle.length > 0) {
      const next = queue.shift();
      const environment = idle.pop();
      if (next === undefined || environment === undefined) return;
      environment.invoke(next.requestId, next.event, next.end);
      options.onInvocation(next.requestId, environment.pid, next.event);
    }
    while (!stopped && queue.length > starting + ending() && environments.size < limit()) {
      start(failNext);
    }
  }

  /** Environments that have answered and will ask for more at any moment: no reason to start another one. */
  function ending(): number {
    return [...environments.values()].filter(({ running }) => running?.state() === 'ending').length;
  }

  /** An environment that doesn't start costs one invocation, the one that has waited longest; the next gets a fresh one. */
  function failNext(failure: InitFailure | undefined): void {
    if (failure === undefined) return;
    const next = queue.shift();
    next?.end(functionError(next.requestId, failure(next.requestId), 0));
  }

  return {
    async invoke(event) {
      if (stopped) throw stopping(blueprint.fn.name);
      if (limit() === 0) {
        const throttled: InvocationResult = { kind: 'throttled' };
        recorder.record(throttled);
        return throttled;
      }
      const { promise, resolve, reject } = Promise.withResolvers<InvocationResult>();
      const entry: Pending = {
        requestId: options.newRequestId(),
        event,
        reject,
        end(result) {
          pending.delete(entry);
          recorder.record(result);
          resolve(result);
        },
      };
      pending.add(entry);
      queue.push(entry);
      dispatch();
      return promise;
    },
    async warmUp() {
      const started = [...environments.values()].some(({ from }) => from === blueprint);
      if (stopped || started || environments.size >= limit()) return undefined;
      return new Promise((resolve) => start(resolve));
    },
    async replace(next) {
      blueprint = next;
      await Promise.all(idle.splice(0).map((environment) => environment.stop()));
    },
    environments: () =>
      [...environments.values()].flatMap(({ running }) => (running === undefined ? [] : [status(running)])),
    stats: () => recorder.stats(blueprint.fn.name, environments.size),
    async stop() {
      stopped = true;
      queue.length = 0;
      for (const entry of pending) entry.reject(stopping(blueprint.fn.name));
      pending.clear();
      const starts = await Promise.allSettled(environments.keys());
      await Promise.all(
        starts.map((start) => (start.status === 'fulfilled' ? start.value.stop() : undefined)),
      );
      await Promise.all(leaving);
    },
  };
}

function status(environment: Environment): EnvironmentStatus {
  const requestId = environment.requestId();
  const state = environment.state();
  return {
    pid: environment.pid,
    state: state === 'init' || state === 'idle' ? state : 'busy',
    ...(requestId === undefined ? {} : { requestId }),
  };
}

function stopping(functionName: string): LocalCloudError {
  return new LocalCloudError(
    'NOT_RUNNING',
    `The function host is stopping; ${functionName} can't be invoked.`,
  );
}

/** What a function has done since the host started. Durations are those of the invocations alone, without waiting or init. */
export interface FunctionStats {
  readonly functionName: string;
  readonly invocations: number;
  /** Of the invocations, those that ended in a function error. */
  readonly errors: number;
  /** Refused, and not among the invocations. */
  readonly throttles: number;
  /** 0 while nothing was invoked. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** Processes alive. */
  readonly environments: number;
}

interface Recorder {
  record(result: InvocationResult): void;
  stats(functionName: string, environments: number): FunctionStats;
}

/** Counts results in constant memory, with durations at 0.1 % precision. */
function createRecorder(): Recorder {
  // Microseconds: the histogram holds integers from 1 on.
  const durations = createHistogram({ lowest: 1, highest: 3_600_000_000, figures: 3 });
  let invocations = 0;
  let errors = 0;
  let throttles = 0;
  const percentileMs = (percentile: number) =>
    durations.count === 0 ? 0 : durations.percentile(percentile) / 1000;

  return {
    record(result) {
      if (result.kind === 'throttled') {
        throttles += 1;
        return;
      }
      invocations += 1;
      if (result.kind === 'function-error') errors += 1;
      durations.record(Math.max(1, Math.round(result.durationMs * 1000)));
    },
    stats: (functionName, environments) => ({
      functionName,
      invocations,
      errors,
      throttles,
      p50Ms: percentileMs(50),
      p95Ms: percentileMs(95),
      environments,
    }),
  };
}
