import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { diagnose } from '../../../../local/engines/choose.ts';
import { startEmbeddedEngine } from '../../../../local/engines/embedded.ts';
import { isAtLeast } from '../../../../local/engines/tools.ts';

const java17 = `echo 'openjdk version "17.0.15" 2025-04-15' >&2`;
const maven = 'echo "Apache Maven 3.8.7"';
const python311 = '[ "$1" = -m ] && echo "pip 23.2.1 from x" || echo "Python 3.11.7"';
const nobody = { bootstrapServers: '127.0.0.1:1', awsEndpoint: 'http://127.0.0.1:1' };

/** A machine that has these commands, given as shell, and no others. */
async function machine(commands: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(join(tmpdir(), 'orderly-tools-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, body] of Object.entries(commands)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${body}\n`);
    await chmod(join(folder, name), 0o755);
  }
  vi.stubEnv('PATH', folder);
  vi.stubEnv('JAVA_HOME', '');
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const cacheDir = join(folder, 'cache');
  const start = () =>
    startEmbeddedEngine({
      dataDir: join(folder, 'data'),
      cacheDir,
      log: () => undefined,
      progress: () => undefined,
    });
  return { cacheDir, start };
}

it.each([
  ['17.0.15', [17], true],
  ['1.8.0_402', [17], false],
  ['21', [17], true],
  ['3.9.18', [3, 10], false],
  ['3.10.0', [3, 10], true],
  ['4.0', [3, 10], true],
])('version %s against %j', (version, oldest, expected) => {
  expect(isAtLeast(version, oldest)).toBe(expected);
});

describe('starting the embedded engine', () => {
  it('names every missing tool in one message, each with its remedy, and Docker as the other way', async () => {
    const { start } = await machine({ java: `echo 'java version "1.8.0_402"' >&2` });
    await expect(start()).rejects.toMatchObject({
      code: 'ENGINE_MISSING_TOOL',
      message:
        "The embedded engine can't run here: java is 1.8.0_402, wanted is 17 or newer; " +
        'python3 (3.10 or newer) was not found; mvn (3 or newer) was not found; pip (any version) was not found.',
      remedy: [
        expect.stringContaining('Java'),
        expect.stringContaining('Python'),
        expect.stringContaining('Maven'),
        expect.stringContaining('pip'),
        expect.stringContaining('docker-compose.yml up -d --wait'),
      ],
    });
  });

  it('shows the last lines of an installer that fails, and leaves nothing in the cache', async () => {
    const failing =
      'case "$*" in *-v*) echo "Apache Maven 3.8.7";; *) echo "no route to repository" >&2; exit 1;; esac';
    const { start, cacheDir } = await machine({
      java: java17,
      mvn: failing,
      python3: `case "$*" in *install*) exit 3;; esac; ${python311}`,
    });
    await expect(start()).rejects.toMatchObject({ code: 'ENGINE_INSTALL_FAILED', retriable: true });
    await expect(start()).rejects.toThrow(/no route to repository|python3 failed with code 3/);
    expect(await readdir(cacheDir)).toEqual([]);
  });
});

describe('a diagnosis', () => {
  it('tells what each engine lacks', async () => {
    const { cacheDir } = await machine({ java: java17, python3: python311 });
    const { tools, ...rest } = await diagnose({ cacheDir, compose: nobody });
    expect(tools.map(({ name, version, usable }) => [name, version, usable])).toEqual([
      ['java', '17.0.15', true],
      ['python3', '3.11.7', true],
      ['mvn', undefined, false],
      ['pip', '23.2.1', true],
      ['docker compose', undefined, false],
    ]);
    expect(rest).toEqual({
      embedded: { canRun: false, missing: [expect.objectContaining({ name: 'mvn' })] },
      compose: { canRun: false, broker: 'none' },
      cache: { folder: cacheDir, kafka: false, ministack: false },
    });
  });

  it('finds a machine that can run both', async () => {
    const docker = 'echo "Docker Compose version v2.40.3"';
    const { cacheDir } = await machine({ java: java17, python3: python311, mvn: maven, docker });
    const { embedded, compose } = await diagnose({ cacheDir, compose: nobody });
    expect(embedded).toEqual({ canRun: true, missing: [] });
    expect(compose).toEqual({ canRun: true, broker: 'none' });
  });
});
