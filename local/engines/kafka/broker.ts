import { existsSync } from 'node:fs';
import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Exit } from '../../processes/guarded.ts';
import { removeAbandoned } from '../cache.ts';
import type { EngineLog } from '../engine.ts';
import { type RunningPart, startPart } from '../part.ts';
import { javaCommand } from '../tools.ts';
import type { KafkaInstall } from './install.ts';
import { serverProperties } from './properties.ts';

export interface BrokerOptions {
  readonly install: KafkaInstall;
  /** The broker's own folder: log segments and configuration. */
  readonly dataDir: string;
  readonly port: number;
  readonly controllerPort: number;
  /** As Java names it; an archive of loaded classes serves one version. */
  readonly javaVersion: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: EngineLog;
}

/** Starts a broker on 127.0.0.1, over the data it left there before if there is any. */
export async function startBroker(options: BrokerOptions): Promise<RunningPart> {
  const logDir = join(options.dataDir, 'log');
  const properties = join(options.dataDir, 'server.properties');
  await mkdir(options.dataDir, { recursive: true });
  if (!existsSync(join(logDir, 'meta.properties')))
    await cp(options.install.formatted, logDir, { recursive: true });
  await writeFile(properties, serverProperties({ ...options, logDir }));

  const archive = await classArchive(options.install.folder, options.javaVersion);
  const part = await startPart({
    part: 'kafka',
    command: javaCommand(options.env),
    args: [...jvmOptions, ...archive.options, '-cp', options.install.classPath, 'kafka.Kafka', properties],
    cwd: options.dataDir,
    env: options.env,
    log: options.log,
    isReady: () => accepts(options.port),
  });
  return {
    exited: part.exited,
    async stop() {
      await part.stop();
      await archive.keep((await part.exited).exit);
    },
  };
}

const jvmOptions = [
  '-Xms256m',
  '-Xmx512m',
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
 * Class-data sharing (JEP 310, JEP 350): the first broker that is stopped leaves an archive of the classes it had
 * loaded, and later ones start in half the time. The JVM ignores an archive that doesn't fit.
 */
async function classArchive(kafkaFolder: string, javaVersion: string) {
  const folder = join(kafkaFolder, 'classes');
  const name = `java-${javaVersion}.jsa`;
  const archive = join(folder, name);
  if (existsSync(archive))
    return { options: [`-XX:SharedArchiveFile=${archive}`], keep: async () => undefined };

  await mkdir(folder, { recursive: true });
  await removeAbandoned(folder, `${name}.`);
  const draft = `${archive}.${process.pid}`;
  return {
    options: [`-XX:ArchiveClassesAtExit=${draft}`],
    /** A broker that was killed has left half an archive, if any. */
    async keep(exit: Exit) {
      if (exit.signal === null && existsSync(draft)) await rename(draft, archive);
      else await rm(draft, { force: true });
    },
  };
}

/** A KRaft broker opens its port when it is ready to serve. */
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
