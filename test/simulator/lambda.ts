import { InvokeCommand, LambdaClient, TooManyRequestsException } from '@aws-sdk/client-lambda';
import type { Context } from 'aws-lambda';
import type { InvocationResult } from '../../local/lambda/invocation.ts';
import type { Chance } from '../support/chance.ts';
import { timeout } from './dynamodb/errors.ts';
import type { Faults } from './faults.ts';
import type { History } from './history.ts';
import { type Process, simulatedProcess } from './process.ts';
import type { Scheduler } from './scheduler.ts';

/** A function as it is deployed. */
export interface DeployedFunction {
  readonly name: 'checkout' | 'relay' | 'shipping' | 'email' | 'sales' | 'collector';
  readonly timeoutMs: number;
  /** Loads it in a new process. */
  readonly load: (process: Process) => Handler;
}

export type Handler = (event: unknown, context: Context) => Promise<unknown>;

export interface LambdaPorts {
  readonly clock: Scheduler;
  readonly random: Chance;
  readonly faults: Faults;
  readonly history: History;
  /** Milliseconds that a new process' clock may be ahead or behind, at most. */
  readonly maxSkewMs: number;
}

export interface LambdaHost {
  /** Runs one invocation, with the JSON of its event; `done` is told how it ended, exactly once. */
  invoke(name: string, event: string, done: (result: InvocationResult) => void): void;
  /** Its next invocations go to new environments; those that run end in their old ones. */
  redeploy(name: string): void;
  /** How many invocations run, those included that nobody waits for any more. */
  running(): number;
  readonly processes: ReadonlyMap<string, Process>;
}

interface Environment {
  /** The deployment that it runs. */
  readonly deployment: number;
  readonly process: Process;
  readonly handler: Handler;
}

/** Longest that a process stands still. */
const MAX_FREEZE_MS = 15 * 60_000;

/**
 * Lambda in memory: environments that are reused, one invocation at a time each, ended at their timeout. An environment
 * that is frozen at its timeout is given up by Lambda and not by itself: it goes on beside its successor.
 */
export function lambdaHost(functions: readonly DeployedFunction[], ports: LambdaPorts): LambdaHost {
  const { clock, random, faults, history } = ports;
  const idle = new Map<string, Environment[]>(functions.map(({ name }) => [name, []]));
  const processes = new Map<string, Process>();
  const deployments = new Map<string, number>();
  const deploymentOf = (name: string) => deployments.get(name) ?? 0;
  let started = 0;
  let requests = 0;
  let running = 0;

  function start(deployed: DeployedFunction): Environment {
    const name = `${deployed.name}#${++started}`;
    const skewMs = random.int(-ports.maxSkewMs, ports.maxSkewMs);
    const note = (change: string) => history.note({ what: 'process', name, change });
    const process = simulatedProcess({ name, clock, skewMs, note });
    processes.set(name, process);
    return { deployment: deploymentOf(deployed.name), process, handler: deployed.load(process) };
  }

  function environmentOf(deployed: DeployedFunction): Environment {
    const all = idle.get(deployed.name) ?? [];
    // Which of them Lambda takes is not documented.
    const [warm] = all.splice(random.int(0, all.length - 1), 1);
    if (warm === undefined) return start(deployed);
    return warm.process.isDead() || warm.deployment !== deploymentOf(deployed.name)
      ? environmentOf(deployed)
      : warm;
  }

  /** What is to befall an invocation, at one of the moments at which it goes on after having waited. */
  function tempt(deployed: DeployedFunction, process: Process): void {
    if (faults.strikes(`${deployed.name} killed`, process.name)) {
      process.doom(random.int(0, 12), process.kill);
    } else if (faults.strikes(`${deployed.name} frozen`, process.name)) {
      process.doom(random.int(0, 12), () => process.freeze(random.int(1_000, MAX_FREEZE_MS)));
    }
  }

  function run(deployed: DeployedFunction, event: string, done: (result: InvocationResult) => void): void {
    const environment = environmentOf(deployed);
    const { process } = environment;
    const { name } = process;
    const requestId = `request-${++requests}`;
    const deadline = clock.now() + deployed.timeoutMs;
    history.note({
      what: 'invoked',
      name,
      requestId,
      isReplay: event.includes('"replay":'),
      records: summaryOf(event),
    });
    running += 1;

    let isAwaited = true;
    const end = (result: InvocationResult, how: string) => {
      if (!isAwaited) return;
      isAwaited = false;
      ending.cancel();
      history.note({ what: 'ended', name, requestId, how });
      clock.after(1, () => done(result));
    };
    const failure = (errorType: string): InvocationResult => ({
      kind: 'function-error',
      requestId,
      payload: new Uint8Array(),
      errorType,
      errorMessage: '',
      durationMs: 0,
    });
    let isRunning = true;
    const stops = () => {
      if (isRunning) running -= 1;
      isRunning = false;
    };
    const ending = clock.after(deployed.timeoutMs, () => {
      end(failure('Sandbox.Timedout'), 'timed out');
      if (!process.isFrozen()) process.kill();
    });
    process.onDeath(() => {
      stops();
      end(failure('Runtime.ExitError'), 'died');
    });

    const settle = (result: InvocationResult, how: string) => {
      stops();
      const wasAwaited = isAwaited;
      end(result, how);
      // One that Lambda gave up gets no further invocation.
      if (wasAwaited) idle.get(deployed.name)?.push(environment);
      else process.kill();
    };
    const context = contextOf(requestId, () => deadline - clock.now());
    tempt(deployed, process);
    environment.handler(JSON.parse(event), context).then(
      (answer) => {
        const payload = Buffer.from(JSON.stringify(answer ?? null));
        settle({ kind: 'success', requestId, payload, durationMs: 0 }, 'well');
      },
      (error: unknown) => settle(failure(error instanceof Error ? error.name : 'Error'), `with ${error}`),
    );
  }

  return {
    processes,
    running: () => running,
    redeploy: (name) => void deployments.set(name, deploymentOf(name) + 1),
    invoke(name, event, done) {
      const deployed = functions.find((candidate) => candidate.name === name);
      if (deployed === undefined) throw new Error(`there is no function ${name}`);
      clock.after(random.int(1, 20), () => {
        if (faults.strikes('lambda throttled', name)) clock.after(1, () => done({ kind: 'throttled' }));
        else run(deployed, event, done);
      });
    },
  };
}

function contextOf(awsRequestId: string, getRemainingTimeInMillis: () => number): Context {
  const context: Pick<Context, 'awsRequestId' | 'functionName' | 'getRemainingTimeInMillis'> = {
    awsRequestId,
    functionName: '',
    getRemainingTimeInMillis,
  };
  // The handlers look at nothing else of it.
  return context as Context;
}

function summaryOf(event: string): string {
  return event.length > 80 ? `${event.length} bytes` : event;
}

/** What an invocation is waited for. */
const TIMEOUT_MS = 150_000;

/** The SDK's client of the Lambda API, which invokes functions by their ARN and waits for them. */
export function lambdaClient(lambda: LambdaHost, process: Process, faults: Faults): LambdaClient {
  const send = (command: object) => {
    if (!(command instanceof InvokeCommand)) throw new TypeError('the Lambda API knows no other command');
    const { FunctionName: arn = '', Payload: payload = '' } = command.input;
    return new Promise((resolve, reject) => {
      const isLost = faults.strikes('answer to operator lost', process.name);
      if (isLost) process.after(TIMEOUT_MS, () => reject(timeout()));
      lambda.invoke(
        arn.split(':').at(-1) ?? '',
        payload instanceof Uint8Array ? Buffer.from(payload).toString() : '',
        (result) => {
          if (isLost) return;
          process.deliver(() => {
            if (result.kind === 'throttled') {
              reject(new TooManyRequestsException({ message: 'Rate exceeded', $metadata: {} }));
            } else {
              const isError = result.kind === 'function-error';
              resolve({
                $metadata: {},
                Payload: result.payload,
                ...(isError && { FunctionError: 'Unhandled' }),
              });
            }
          });
        },
      );
    });
  };
  return Object.create(LambdaClient.prototype, { send: { value: send } });
}
