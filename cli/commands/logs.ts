import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { LocalCloudError } from '../../local/errors.ts';
import { runningCloud } from '../running-cloud.ts';
import { printable, type Terminal } from '../terminal.ts';

export interface LogsOptions {
  readonly last: number;
}

/** `orderly logs [function]`: the last lines of a function's log, or of every function's. */
export async function logs(
  projectDir: string,
  wanted: string | undefined,
  options: LogsOptions,
  terminal: Terminal,
): Promise<void> {
  const { functions, logDir } = (await runningCloud(projectDir)).status;
  const needle = wanted?.toLowerCase() ?? '';
  const chosen = functions.filter(({ functionName, path }) =>
    `${path} ${functionName}`.toLowerCase().includes(needle),
  );
  if (chosen.length === 0) {
    throw new LocalCloudError('FUNCTION_NOT_FOUND', `no function is named like "${wanted}"`, {
      remedy: [`There are: ${functions.map(({ path }) => path).join(', ')}`],
    });
  }
  for (const { functionName, path } of chosen) {
    if (chosen.length > 1) terminal.out(`==> ${path} <==`);
    for (const line of await lastLines(join(logDir, `${functionName}.log`), options.last))
      terminal.out(printable(line));
  }
}

async function lastLines(path: string, count: number): Promise<readonly string[]> {
  const kept: string[] = [];
  try {
    for await (const line of createInterface({ input: createReadStream(path, 'utf8') })) {
      kept.push(line);
      if (kept.length > count) kept.shift();
    }
  } catch (cause) {
    // A function that has not run yet has no file.
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')) throw cause;
  }
  return kept;
}
