import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, isCached } from '../cache.ts';
import { installStep } from '../install.ts';
import { javaCommand, javaEnvironment } from '../tools.ts';
import { serverProperties } from './properties.ts';

const pom = fileURLToPath(new URL('./pom.xml', import.meta.url));

/** The cluster id of every embedded broker; any 16 bytes but those of docker-compose.yml's broker. */
export const EMBEDDED_CLUSTER_ID = 'bWlsbHJhY2UtYnVpbHRpbg';

/** Where the cache keeps Kafka: keyed by the pom, so a changed class path is another folder. */
export function kafkaPart(): string {
  return `kafka-${createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 12)}`;
}

export interface KafkaInstall {
  /** Holds the archives of loaded classes, one per Java version. */
  readonly folder: string;
  readonly classPath: string;
  /** A formatted, empty log folder, to be copied: formatting takes the half of a second a time. */
  readonly formatted: string;
}

/** Kafka's jars and a formatted log folder, fetched by Maven if the cache lacks them. */
export async function installKafka(
  cacheDir: string,
  env: Readonly<Record<string, string | undefined>>,
  progress: (step: string) => void,
): Promise<KafkaInstall> {
  const name = kafkaPart();
  if (!isCached(cacheDir, name)) progress('fetching Apache Kafka with Maven (44 MB, once)');
  const folder = await cached(cacheDir, name, async (workshop) => {
    const output = `-DoutputDirectory=${join(workshop, 'lib')}`;
    const goal = ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', output];
    await installStep('Fetching Apache Kafka', 'mvn', goal, env);
    await format(workshop, env);
  });
  return { folder, classPath: await classPath(folder), formatted: join(folder, 'formatted') };
}

/** Sorted and spelled out: an archive of loaded classes is valid for one order of the class path. */
async function classPath(folder: string): Promise<string> {
  const jars = (await readdir(join(folder, 'lib'))).filter((file) => file.endsWith('.jar'));
  return jars
    .sort()
    .map((jar) => join(folder, 'lib', jar))
    .join(':');
}

async function format(folder: string, env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const properties = join(folder, 'format.properties');
  const logDir = 'formatted';
  await writeFile(properties, serverProperties({ logDir, port: 1, controllerPort: 2, mark: 'none' }));
  const tool = ['-cp', await classPath(folder), 'kafka.tools.StorageTool'];
  const args = [...tool, 'format', '-t', EMBEDDED_CLUSTER_ID, '-c', properties];
  await installStep('Formatting a log folder', javaCommand(env), args, javaEnvironment(env), folder);
}
