/** Where PostgreSQL comes from: binaries that lie on Maven Central for tests, unpacked into the cache once. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, cacheFolder, installStep, isCached } from '../../local/engines/install.ts';
import { fetchWithMaven } from '../../local/engines/java.ts';
import { findTool, requireUsable } from '../../local/engines/tools.ts';
import { LabError } from '../errors.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Of the artifacts of https://github.com/zonkyio/embedded-postgres-binaries, those for where this project runs. */
const PLATFORMS: Readonly<Record<string, { readonly artifact: string; readonly megabytes: number }>> = {
  'linux x64': { artifact: 'linux-amd64', megabytes: 15 },
  'linux arm64': { artifact: 'linux-arm64v8', megabytes: 14 },
  'darwin x64': { artifact: 'darwin-amd64', megabytes: 33 },
  'darwin arm64': { artifact: 'darwin-arm64v8', megabytes: 33 },
};

/**
 * The binaries for a system and a processor, as Node names them.
 *
 * @throws {LabError} `PLATFORM_UNSUPPORTED`, with those there are
 */
export function binariesFor(platform: string, arch: string): { artifact: string; megabytes: number } {
  const found = PLATFORMS[`${platform} ${arch}`];
  if (found !== undefined) return found;
  throw new LabError('PLATFORM_UNSUPPORTED', `There is no PostgreSQL to fetch for ${platform} ${arch}.`, {
    remedy: [
      `There is one for ${Object.keys(PLATFORMS).join(', ')}; the experiments without Postgres run here, too.`,
    ],
  });
}

const pom = fileURLToPath(new URL('./postgres.pom.xml', import.meta.url));

/**
 * The folder with PostgreSQL's `bin`, `lib` and `share`, fetched by Maven and unpacked by Python if the cache lacks it.
 *
 * @throws {LocalCloudError} `ENGINE_MISSING_TOOL`, `ENGINE_INSTALL_FAILED`
 */
export async function installPostgres(env: Env, progress: (step: string) => void): Promise<string> {
  const { artifact, megabytes } = binariesFor(process.platform, process.arch);
  const cacheDir = cacheFolder(env);
  const name = `postgres-${artifact}-${createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 12)}`;
  if (!isCached(cacheDir, name)) {
    const tools = await Promise.all((['mvn', 'python3'] as const).map((tool) => findTool(tool, env)));
    requireUsable(tools, { what: 'PostgreSQL', instead: [] });
    progress(`fetching PostgreSQL with Maven (${megabytes} MB, once)`);
  }
  return cached(cacheDir, name, async (workshop) => {
    const fetched = join(workshop, 'fetched');
    await fetchWithMaven('PostgreSQL', pom, fetched, env, {
      properties: [`-Dpostgres.platform=${artifact}`],
      instead: [],
    });
    // Python has what unpacks both, where there is neither unzip nor xz.
    await unpack('zipfile', fetched, '.jar', fetched, env);
    await unpack('tarfile', fetched, '.txz', workshop, env);
    await rm(fetched, { recursive: true });
    // A third of it is for programs that are to be linked with it.
    const lib = join(workshop, 'lib');
    const archives = (await readdir(lib)).filter((file) => file.endsWith('.a'));
    await Promise.all(archives.map((file) => rm(join(lib, file))));
  });
}

async function unpack(module: string, folder: string, ending: string, into: string, env: Env): Promise<void> {
  const file = (await readdir(folder)).find((entry) => entry.endsWith(ending));
  if (file === undefined) throw new Error(`no ${ending} in ${folder}`);
  await mkdir(into, { recursive: true });
  await installStep('Unpacking PostgreSQL', 'python3', ['-m', module, '-e', join(folder, file), into], env, {
    instead: [],
  });
}
