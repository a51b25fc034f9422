/** What every program in Java that is started here takes: a fetched class path, and a start that is quick. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Exit } from '../processes/guarded.ts';
import { installStep, removeAbandoned } from './install.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Java as Kafka's own scripts find it. */
export const javaCommand = (env: Env) => (env.JAVA_HOME ? join(env.JAVA_HOME, 'bin', 'java') : 'java');

/**
 * The environment of a Java process. Java reads names of files in the encoding of the locale: in a shell without one (`C`)
 * a folder with an umlaut isn't found.
 */
export const javaEnvironment = (env: Env): Env => ({ ...env, LC_ALL: 'C.UTF-8' });

/** Copies what a pom depends on into a folder; ENGINE_INSTALL_FAILED if it can't be had. */
export function fetchWithMaven(
  what: string,
  pom: string,
  into: string,
  env: Env,
  {
    properties = [],
    ...others
  }: { readonly properties?: readonly string[]; readonly instead?: readonly string[] } = {},
): Promise<void> {
  const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${into}`, ...properties];
  return installStep(`Fetching ${what}`, 'mvn', ['-q', '-B', '-f', pom, ...goal], env, others);
}

/** The jars of a folder, sorted and spelled out: an archive of loaded classes is valid for one order of the class path. */
export async function classPath(folder: string): Promise<string> {
  const jars = (await readdir(folder)).filter((file) => file.endsWith('.jar'));
  return jars
    .sort()
    .map((jar) => join(folder, jar))
    .join(':');
}

/** Options of a JVM that is to be up soon, and to say no more than what went wrong. */
export const QUICK_JVM = [
  '-XX:+UseSerialGC',
  // The quick compiler only: a quarter of a second sooner ready. Under load it is slower: 20,000 records of 1 kB took
  // 1.1 to 1.6 s instead of 0.8.
  '-XX:TieredStopAtLevel=1',
  // The JVM remarks on each class that an archive leaves out, on stdout.
  '-Xlog:disable',
  '-Xlog:all=error:stderr',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
];

/**
 * Class-data sharing (JEP 310, JEP 350): the first process that is stopped leaves, in the folder of what it runs, an archive of
 * the classes it had loaded, and later ones start in half the time. The JVM ignores an archive that doesn't fit.
 */
export async function classArchive(installed: string, javaVersion: string) {
  const folder = join(installed, 'classes');
  const name = `java-${javaVersion}.jsa`;
  const archive = join(folder, name);
  if (existsSync(archive))
    return {
      options: [`-XX:SharedArchiveFile=${archive}`],
      keep: async () => undefined,
      discard: async () => undefined,
    };

  await mkdir(folder, { recursive: true });
  await removeAbandoned(folder, `${name}.`);
  const draft = `${archive}.${process.pid}`;
  const discard = () => rm(draft, { force: true });
  return {
    options: [`-XX:ArchiveClassesAtExit=${draft}`],
    /** One that was killed has left half an archive, if any. */
    async keep(exit: Exit) {
      if (exit.signal === null && existsSync(draft)) await rename(draft, archive);
      else await discard();
    },
    discard,
  };
}
