import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { run } from '../../cli/program.ts';
import { stateDirOf, writeRunFile } from '../../local/run-file.ts';

/** A project folder in which something answers as a local cloud would, and commands that are run there. */
export interface AnsweringProject {
  readonly dir: string;
  orderly(...argv: string[]): Promise<{ readonly code: number; readonly output: string }>;
}

/** What is answered, as JSON, at each path; it may depend on the folder and the address. */
type Answers = (dir: string, url: string) => Readonly<Record<string, unknown>>;

/** A project that is there until the test ends. */
export async function answeringProject(answers: Answers): Promise<AnsweringProject> {
  const dir = mkdtempSync(join(tmpdir(), 'orderly-cli-'));
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '', url);
    const answer = answers(dir, url)[pathname];
    response.statusCode = answer === undefined ? 404 : 200;
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
    rmSync(dir, { recursive: true, force: true });
  });
  writeRunFile(stateDirOf(dir), { pid: process.pid, url });
  return {
    dir,
    async orderly(...argv) {
      const lines: string[] = [];
      const say = (text: string) => lines.push(text);
      const code = await run(argv, dir, { out: say, progress: say, error: say });
      return { code, output: lines.join('\n') };
    },
  };
}
