import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Where functions' output goes: a file per function, `<function name>.log`, appended to. */
export interface FunctionLogs {
  readonly dir: string;
  write(functionName: string, line: string): void;
  close(): Promise<void>;
}

/** Opens the log folder; a function's file is made at its first line. */
export async function openFunctionLogs(dir: string): Promise<FunctionLogs> {
  await mkdir(dir, { recursive: true });
  const files = new Map<string, WriteStream>();
  return {
    dir,
    write(functionName, line) {
      let file = files.get(functionName);
      if (file === undefined) {
        file = createWriteStream(join(dir, `${functionName}.log`), { flags: 'a', mode: 0o600 });
        files.set(functionName, file);
      }
      file.write(`${line}\n`);
    },
    async close() {
      await Promise.all([...files.values()].map((file) => new Promise((resolve) => file.end(resolve))));
    },
  };
}
