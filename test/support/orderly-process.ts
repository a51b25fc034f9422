import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { type RunningCloud, runningCloud } from '../../local/cli/running-cloud.ts';
import { stateDirOf } from '../../local/run-file.ts';
import { descendantsOf, isRunning } from './process-tree.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** A command in a process of its own, as a user runs it. */
export interface OrderlyProcess {
  readonly pid: number;
  /** Everything it has written so far, both streams. */
  output(): string;
  /** Resolves when it has written a line that matches; rejects with its output if it ends before. */
  wrote(pattern: RegExp): Promise<void>;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  kill(signal: NodeJS.Signals): void;
  /** Kills it, and resolves when nothing that it has started is there any more: until then its folder is written to. */
  end(): Promise<void>;
}

/** Starts `orderly` with `cwd` as its project folder; `env` is put over this process's environment. */
export function orderly(
  args: readonly string[],
  where: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): OrderlyProcess {
  return commandProcess(`${root}bin/orderly.js`, args, where);
}

/** Starts a script of Node in a folder; `env` is put over this process's environment. */
export function commandProcess(
  script: string,
  args: readonly string[],
  { cwd, env = {} }: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): OrderlyProcess {
  const child = spawn(process.execPath, [script, ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface(stream).on('line', (line) => lines.push(line));
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  const output = () => lines.join('\n');
  return {
    pid: child.pid ?? Number.NaN,
    output,
    exited,
    kill: (signal) => child.kill(signal),
    async end() {
      const children = descendantsOf(child.pid ?? Number.NaN);
      child.kill('SIGKILL');
      await exited;
      await gone(children);
    },
    async wrote(pattern) {
      await Promise.race([
        vi.waitFor(
          () => {
            if (!lines.some((line) => pattern.test(line)))
              throw new Error(`nothing matches ${pattern}:\n${output()}`);
          },
          { timeout: 100_000, interval: 50 },
        ),
        exited.then(({ code }) => {
          throw new Error(`it ended with ${code}:\n${output()}`);
        }),
      ]);
    },
  };
}

/** Has the functions of a cloud that is to run in this folder find what those of other clouds have compiled. */
export function shareCompiled(stateDir: string): void {
  const shared = process.env.NODE_COMPILE_CACHE;
  const own = join(stateDir, 'compile-cache');
  if (shared === undefined || existsSync(own)) return;
  mkdirSync(stateDir, { recursive: true });
  mkdirSync(shared, { recursive: true });
  symlinkSync(shared, own);
}

/** `orderly up` of a cloud assembly in `cwd`, on a free port and an engine of its own; resolves when it is up. */
export async function orderlyUp(
  cwd: string,
  app: string,
): Promise<{ readonly up: OrderlyProcess; readonly cloud: RunningCloud }> {
  shareCompiled(stateDirOf(cwd));
  const up = orderly(['up', '--engine', 'embedded', '--app', app, '--port', '0'], { cwd });
  try {
    await up.wrote(/orderly is up/);
    return { up, cloud: await runningCloud(cwd) };
  } catch (error) {
    await up.end();
    throw error;
  }
}

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  /** Both streams. */
  readonly output: string;
}

/** Runs a command of `orderly` to its end. */
export async function ran(args: readonly string[], where: Parameters<typeof orderly>[1]): Promise<Ended> {
  const command = orderly(args, where);
  const { code } = await command.exited;
  return { code, output: command.output() };
}

/** Resolves when none of the processes is there any more. */
export async function gone(processes: readonly { readonly pid: number }[]): Promise<void> {
  await vi.waitFor(
    () => {
      const left = processes.filter(({ pid }) => isRunning(pid));
      if (left.length > 0) throw new Error(`still running: ${JSON.stringify(left)}`);
    },
    { timeout: 15_000, interval: 100 },
  );
}
