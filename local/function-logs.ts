import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Where functions' output goes: a file per function, `<function name>.log`, appended to. */
export interface FunctionLogs {
  readonly dir: string;
  write(functionName: string, line: string): void;
  /** Resolves when everything is written. */
  close(): Promise<void>;
}

interface Log {
  /** Not written yet. */
  readonly lines: string[];
  writing: Promise<void> | undefined;
  /** The last lines could not be written. */
  failed: boolean;
}

/**
 * Opens the log folder; a function's file is made at its first line, and so is a folder or file that somebody has removed.
 * Each file is opened anew for what has come meanwhile, so that nothing goes into one that is no longer there. Lines that
 * can't be written are lost, and `complain` is told the first time.
 */
export async function openFunctionLogs(dir: string, complain: (line: string) => void): Promise<FunctionLogs> {
  await mkdir(dir, { recursive: true });
  const logs = new Map<string, Log>();

  async function drain(functionName: string, log: Log): Promise<void> {
    while (log.lines.length > 0) {
      const text = log.lines
        .splice(0)
        .map((line) => `${line}\n`)
        .join('');
      try {
        await append(dir, `${functionName}.log`, text);
        log.failed = false;
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        if (!log.failed) complain(`the log of ${functionName} can't be written: ${why}`);
        log.failed = true;
      }
    }
    log.writing = undefined;
  }

  return {
    dir,
    write(functionName, line) {
      const log = logs.get(functionName) ?? { lines: [], writing: undefined, failed: false };
      logs.set(functionName, log);
      log.lines.push(line);
      log.writing ??= drain(functionName, log);
    },
    async close() {
      await Promise.all([...logs.values()].map(({ writing }) => writing));
    },
  };
}

async function append(dir: string, file: string, text: string): Promise<void> {
  const path = join(dir, file);
  try {
    await appendFile(path, text, { mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    await mkdir(dir, { recursive: true });
    await appendFile(path, text, { mode: 0o600 });
  }
}
