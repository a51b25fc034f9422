import { fileURLToPath } from 'node:url';
import { spawnGuarded } from '../../../local/processes/guarded.ts';

const orderly = fileURLToPath(new URL('../../../bin/orderly.ts', import.meta.url));

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
