import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { cached, cacheFolder, installStep } from '../../../local/engines/install.ts';
import { javaCommand } from '../../../local/engines/java.ts';
import { freePorts } from '../../../local/engines/ports.ts';
import { spawnGuarded } from '../../../local/processes/guarded.ts';

const pom = fileURLToPath(new URL('./pom.xml', import.meta.url));

export interface DynamodbLocal {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** Starts DynamoDB Local in memory on a free port of 127.0.0.1; fetches it by Maven if the cache lacks it. */
export async function startDynamodbLocal(workDir: string): Promise<DynamodbLocal> {
  const env = process.env;
  const name = `dynamodb-local-${createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 12)}`;
  const folder = await cached(cacheFolder(env), name, (workshop) =>
    installStep(
      'Fetching DynamoDB Local',
      'mvn',
      ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${join(workshop, 'lib')}`],
      env,
    ),
  );
  const [port] = await freePorts(1);
  const lib = join(folder, 'lib');
  const lastOutput: string[] = [];
  const server = spawnGuarded(
    javaCommand(env),
    [
      '-Xmx512m',
      '-XX:+UseSerialGC',
      `-Djava.library.path=${lib}`,
      // It unpacks its native library there and never takes it away.
      `-Djava.io.tmpdir=${workDir}`,
      '-cp',
      join(lib, '*'),
      'software.amazon.dynamodb.services.local.main.ServerRunner',
      ...['-inMemory', '-sharedDb', '-port', String(port), '-disableTelemetry'],
    ],
    { cwd: workDir, env, grace: 'kill', onOutput: (line) => lastOutput.push(line) },
  );

  const ended = new AbortController();
  void server.exited.then(() => ended.abort());
  const endpoint = `http://127.0.0.1:${port}`;
  while (!(await answers(endpoint))) {
    if (ended.signal.aborted) throw new Error(`DynamoDB Local ended:\n${lastOutput.slice(-20).join('\n')}`);
    await delay(50, undefined, { signal: ended.signal }).catch(() => undefined);
  }
  return { endpoint, stop: () => server.stop() };
}

/** Any answer will do: it says 400 to a request without a signature. */
async function answers(endpoint: string): Promise<boolean> {
  try {
    await fetch(endpoint, { signal: AbortSignal.timeout(1000) });
    return true;
  } catch {
    return false;
  }
}
