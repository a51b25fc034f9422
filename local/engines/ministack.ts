import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ACCOUNT, type EngineLog, REGION } from './engine.ts';
import { cached, installStep, isCached } from './install.ts';
import { type RunningPart, startPart } from './part.ts';

export interface MinistackOptions {
  /** Where it was installed. */
  readonly folder: string;
  /** Its own folder: saved state, S3 objects, temporary files. */
  readonly dataDir: string;
  readonly port: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: EngineLog;
}

/**
 * Starts MiniStack on 127.0.0.1, over the state it saved before if there is any. It saves tables, items, queues and
 * buckets when it is stopped, but neither sent mails nor the records of a stream.
 */
export async function startMinistack({
  folder,
  dataDir,
  port,
  env,
  log,
}: MinistackOptions): Promise<RunningPart> {
  const temporary = join(dataDir, 'tmp');
  const mark = randomUUID();
  await mkdir(temporary, { recursive: true });
  return startPart({
    part: 'ministack',
    command: 'python3',
    args: ['-m', 'ministack'],
    cwd: dataDir,
    // Its own environment, not the user's: it reads dozens of names, AUTH and SERVICES among them.
    env: {
      PATH: env.PATH,
      HOME: env.HOME,
      PYTHONPATH: folder,
      PYTHONNOUSERSITE: '1',
      PYTHONDONTWRITEBYTECODE: '1',
      PYTHONUNBUFFERED: '1',
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      MINISTACK_ACCOUNT_ID: ACCOUNT,
      MINISTACK_REGION: REGION,
      PERSIST_STATE: '1',
      STATE_DIR: join(dataDir, 'state'),
      S3_PERSIST: '1',
      S3_DATA_DIR: join(dataDir, 's3'),
      TMPDIR: temporary,
      LOG_LEVEL: 'WARNING',
      // It is told where the health is, and nowhere else.
      MINISTACK_EDITION: mark,
      // Two listeners nobody asked for, the first of them on every interface.
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      // It removes containers of other MiniStacks when it starts: it gets no Docker to do that with.
      DOCKER_HOST: `unix://${join(temporary, 'no-docker.sock')}`,
    },
    log,
    isReady: () => isHealthy(`http://127.0.0.1:${port}`, mark),
  });
}

const Health = z.object({ edition: z.string() });

/** Whether the MiniStack with the mark answers: somebody else may listen on its port, another MiniStack even. */
async function isHealthy(endpoint: string, mark: string): Promise<boolean> {
  try {
    const response = await fetch(`${endpoint}/_ministack/health`, { signal: AbortSignal.timeout(1000) });
    return response.ok && Health.parse(await response.json()).edition === mark;
  } catch {
    return false;
  }
}

const VERSION = '1.5.33';

/** Where the cache keeps MiniStack. */
export const MINISTACK_PART = `ministack-${VERSION}`;

/** The folder of MiniStack and what it imports, fetched by pip if the cache lacks it. */
export async function installMinistack(
  cacheDir: string,
  env: Readonly<Record<string, string | undefined>>,
  progress: (step: string) => void,
): Promise<string> {
  if (!isCached(cacheDir, MINISTACK_PART)) progress('fetching MiniStack with pip (once)');
  return cached(cacheDir, MINISTACK_PART, (workshop) =>
    installStep(
      'Fetching MiniStack',
      'python3',
      [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        '--target',
        workshop,
        `ministack==${VERSION}`,
      ],
      env,
    ),
  );
}
