import { fileURLToPath } from 'node:url';
import { spawnGuarded } from '../../local/processes/guarded.ts';

const bin = fileURLToPath(new URL('../../bin/orderly.js', import.meta.url));

/** `orderly up` as a user starts it, with an engine of its own. */
export interface OrderlyUp {
  readonly pid: number;
  /** From the start of the process to its word that it is up; rejects with what it said if it ends before. */
  readonly startMs: Promise<number>;
  /** Resolves when it says, from now on, something that matches. */
  says(pattern: RegExp): Promise<void>;
  stop(): Promise<void>;
}

/** Starts it with the folder `cwd` as its project. */
export function orderlyUp(cwd: string, args: readonly string[]): OrderlyUp {
  const said: string[] = [];
  const awaited = new Set<{ readonly pattern: RegExp; heard(): void }>();
  const begin = performance.now();
  const child = spawnGuarded(process.execPath, [bin, 'up', '--engine', 'embedded', '--port', '0', ...args], {
    cwd,
    env: process.env,
    grace: 'term',
    onOutput(line) {
      said.push(line);
      for (const one of awaited) if (one.pattern.test(line)) one.heard();
    },
  });
  const ended = child.exited.then((): never => {
    throw new Error(`orderly up ended:\n${said.join('\n')}`);
  });
  ended.catch(() => undefined);
  const says = (pattern: RegExp) =>
    Promise.race([ended, new Promise<void>((heard) => awaited.add({ pattern, heard }))]);
  const startMs = says(/orderly is up/).then(() => performance.now() - begin);
  return { pid: child.pid, startMs, says, stop: child.stop };
}
