import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { LocalCloudError } from '../../errors.ts';
import { runningCloud } from '../running-cloud.ts';
import { printable, type Terminal } from '../terminal.ts';

export interface LogsOptions {
  readonly last: number;
  readonly json: boolean;
}

/** `millrace logs [function]`: the last lines of a function's log, or of every function's, those without any named too. */
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
  const lines: { function: string; line: string }[] = [];
  for (const { functionName, path } of chosen) {
    const last = await lastLines(join(logDir, `${functionName}.log`), options.last);
    if (options.json) lines.push(...last.map((line) => ({ function: path, line })));
    else if (last.length === 0) terminal.out(`${path} has not written anything yet.`);
    else {
      if (chosen.length > 1) terminal.out(`==> ${path} <==`);
      for (const line of last) terminal.out(withTabs(line));
    }
  }
  if (options.json) terminal.out(JSON.stringify(lines));
}

/** Lambda's own lines have tabs between their columns. */
function withTabs(line: string): string {
  return line.split('\t').map(printable).join('\t');
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
