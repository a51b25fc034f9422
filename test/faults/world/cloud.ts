import { fileURLToPath } from 'node:url';
import { type RunningCloud, runningCloud } from '../../../local/cli/running-cloud.ts';
import { type GuardedProcess, spawnGuarded } from '../../../local/processes/guarded.ts';
import { descendantsOf, isRunning } from '../../support/process-tree.ts';
import { until } from './waiting.ts';

const orderly = fileURLToPath(new URL('../../../bin/orderly.ts', import.meta.url));

/** The local cloud in a process of its own, as a user starts it: `orderly up`. */
export interface CloudProcess {
  /** Of the checkout, since the last start. */
  api(): string;
  status(): Promise<RunningCloud['status']>;
  url(): Promise<string>;
  /** SIGKILL; resolves when it and all its functions are gone. */
  kill(): Promise<void>;
  /** Starts it again in the same folder. */
  start(): Promise<void>;
  /** Ends it as a user would. */
  stop(): Promise<void>;
  /** Everything it wrote, all starts together. */
  readonly output: readonly string[];
}

export interface CloudOptions {
  /** The project's folder, with its `millrace.json`. */
  readonly dir: string;
  /** Cloud assembly. */
  readonly app: string;
  readonly bootstrapServers: string;
  readonly awsEndpoint: string;
}

/** A busy machine may take its time. */
const UP_WITHIN_MS = 120_000;

export function cloudProcess(options: CloudOptions): CloudProcess {
  const { dir, app } = options;
  const env = {
    ...process.env,
    KAFKA_BOOTSTRAP_SERVERS: options.bootstrapServers,
    AWS_ENDPOINT_URL: options.awsEndpoint,
  };
  const output: string[] = [];
  let [api, child]: [string, GuardedProcess | undefined] = ['', undefined];

  return {
    output,
    api: () => api,
    status: async () => (await runningCloud(dir)).status,
    url: async () => (await runningCloud(dir)).url,
    async start() {
      let [isUp, hasEnded] = [false, false];
      const started = spawnGuarded(
        process.execPath,
        [orderly, 'up', '--engine', 'external', '--app', app, '--port', '0'],
        {
          cwd: dir,
          env,
          grace: 'term',
          onOutput(line) {
            output.push(line);
            isUp ||= line.includes('orderly is up');
          },
        },
      );
      child = started;
      void started.exited.then(() => {
        hasEnded = true;
      });
      await until('the local cloud is up', () => isUp || hasEnded, UP_WITHIN_MS);
      if (hasEnded) throw new Error(`orderly up ended:\n${output.slice(-20).join('\n')}`);
      api = (await runningCloud(dir)).status.apis[0]?.url ?? '';
    },
    async kill() {
      if (child === undefined) return;
      const below = descendantsOf(child.pid);
      child.kill('SIGKILL');
      await child.exited;
      await until('its functions are gone', () => !below.some(({ pid }) => isRunning(pid)));
    },
    async stop() {
      await child?.stop();
    },
  };
}

/** How a command of `orderly` ended. */
interface Ended {
  /** Null: it was killed. */
  readonly code: number | null;
  readonly output: string;
}

/** Somebody at a terminal. */
export interface Operator {
  run(...args: readonly string[]): Promise<Ended>;
  /** The same, ended by SIGKILL once it has written a line that matches, if it hasn't ended by itself. */
  killAfter(line: RegExp, ...args: readonly string[]): Promise<Ended>;
}

/** An operator in a project's folder. */
export function operatorIn(dir: string): Operator {
  async function run(args: readonly string[], killAfter?: RegExp): Promise<Ended> {
    const lines: string[] = [];
    const child = spawnGuarded(process.execPath, [orderly, ...args], {
      cwd: dir,
      env: process.env,
      grace: 'kill',
      onOutput(line) {
        lines.push(line);
        if (killAfter?.test(line)) child.kill('SIGKILL');
      },
    });
    const { code } = await child.exited;
    return { code, output: lines.join('\n') };
  }
  return {
    run: (...args) => run(args),
    killAfter: (line, ...args) => run(args, line),
  };
}
