import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { dockerInstead } from '../command-line.ts';
import { LocalCloudError } from '../errors.ts';
import { run } from '../processes/guarded.ts';

/**
 * The per-user folder of what a program downloads once, as engine parts: `MILLRACE_CACHE`, else `$XDG_CACHE_HOME/millrace`,
 * else `~/.cache/millrace`; another program's by its own name.
 */
export function cacheFolder(
  env: Readonly<Record<string, string | undefined>>,
  program: string = 'millrace',
): string {
  const named = env[`${program.toUpperCase()}_CACHE`];
  if (named) return named;
  const xdg = env.XDG_CACHE_HOME;
  // The XDG Base Directory Specification: a path that isn't absolute is to be ignored.
  return join(xdg && isAbsolute(xdg) ? xdg : join(homedir(), '.cache'), program);
}

const MARKER = '.complete';

/** Whether `name` is installed in the cache, and whole. */
export function isCached(cacheDir: string, name: string): boolean {
  return existsSync(join(cacheDir, name, MARKER));
}

/**
 * The folder of an installed part, filled by `install` if the cache lacks it.
 *
 *     .<name>.<pid>.<random> ──install──> + marker ──rename──> <name>
 *
 * Nobody ever sees a half install, and two installers at once don't disturb each other: the second to rename finds the
 * first one's folder and takes it.
 */
export async function cached(
  cacheDir: string,
  name: string,
  install: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = join(cacheDir, name);
  if (isCached(cacheDir, name)) return folder;

  await mkdir(cacheDir, { recursive: true });
  await removeAbandoned(cacheDir, `.${name}.`);
  const workshop = await mkdtemp(join(cacheDir, `.${name}.${process.pid}.`));
  try {
    await install(workshop);
    await writeFile(join(workshop, MARKER), '');
    await replace(workshop, folder, () => isCached(cacheDir, name));
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
  return folder;
}

/** A folder can't be renamed onto one that isn't empty: that is another installer's, or (unmarked) a damaged one. */
async function replace(workshop: string, folder: string, isWhole: () => boolean): Promise<void> {
  try {
    await rename(workshop, folder);
  } catch (error) {
    if (isWhole()) return;
    if (!existsSync(folder)) throw error;
    await rm(folder, { recursive: true, force: true });
    await rename(workshop, folder);
  }
}

/** Removes the drafts, named `<prefix><pid>…`, of processes that were killed before they could finish them. */
export async function removeAbandoned(folder: string, prefix: string): Promise<void> {
  const drafts = (await readdir(folder)).filter((entry) => entry.startsWith(prefix));
  const abandoned = drafts.filter((entry) => !isAlive(Number.parseInt(entry.slice(prefix.length), 10)));
  // Their children may still be writing, for as long as they take to end.
  const removed = { recursive: true, force: true, maxRetries: 10 };
  await Promise.all(abandoned.map((entry) => rm(join(folder, entry), removed)));
}

/** Whether there is a process of that id, whoever's. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

const TOLD_LINES = 12;

/** Runs a step of an installation; throws ENGINE_INSTALL_FAILED with the last lines the command wrote, and what else would do. */
export async function installStep(
  what: string,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  {
    cwd,
    instead = [dockerInstead()],
  }: { readonly cwd?: string | undefined; readonly instead?: readonly string[] } = {},
): Promise<void> {
  const { exit, output } = await run(command, args, { env, ...(cwd !== undefined && { cwd }) });
  if (exit.code === 0) return;
  const ending = exit.code === null ? `was ended by ${exit.signal}` : `failed with code ${exit.code}`;
  throw new LocalCloudError(
    'ENGINE_INSTALL_FAILED',
    [`${what}: ${command} ${ending}. It wrote last:`, ...output.slice(-TOLD_LINES)].join('\n  '),
    {
      remedy: [
        'See that the network, and any proxy or mirror that the tool is configured for, can be reached; then start again.',
        ...instead,
      ],
      retriable: true,
    },
  );
}
