import { type Exit, spawnGuarded } from './guarded.ts';

export interface Finished {
  readonly exit: Exit;
  /** Everything it wrote, by line, in the order of arrival. */
  readonly output: readonly string[];
}

/** Runs a short-lived command to its end; it dies with this process. A command that isn't found exits with code 127. */
export async function run(
  command: string,
  args: readonly string[],
  options: { readonly env: Readonly<Record<string, string | undefined>>; readonly cwd?: string },
): Promise<Finished> {
  const output: string[] = [];
  const child = spawnGuarded(command, args, {
    ...options,
    grace: 'kill',
    onOutput: (line) => output.push(line),
  });
  return { exit: await child.exited, output };
}
