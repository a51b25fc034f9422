import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { askBroker } from '../../kafka/admin.ts';
import { kafkaClient } from '../../kafka/client.ts';
import type { Exit } from '../../processes/guarded.ts';
import { removeAbandoned } from '../cache.ts';
import type { EngineLog } from '../engine.ts';
import { type RunningPart, startPart } from '../part.ts';
import { javaCommand, javaEnvironment } from '../tools.ts';
import type { KafkaInstall } from './install.ts';
import { NODE_ID, serverProperties } from './properties.ts';

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
  const logDir = 'log';
  const mark = randomUUID();
  const properties = join(options.dataDir, 'server.properties');
  await mkdir(options.dataDir, { recursive: true });
  if (!existsSync(join(options.dataDir, logDir, 'meta.properties')))
    await cp(options.install.formatted, join(options.dataDir, logDir), { recursive: true });
  await writeFile(properties, serverProperties({ ...options, logDir, mark }));

  const archive = await classArchive(options.install.folder, options.javaVersion);
  const part = await startPart({
    part: 'kafka',
    command: javaCommand(options.env),
    args: [...jvmOptions, ...archive.options, '-cp', options.install.classPath, 'kafka.Kafka', properties],
    cwd: options.dataDir,
    env: javaEnvironment(options.env),
    log: options.log,
    isReady: async () => (await accepts(options.port)) && (await markOf(options.port)) === mark,
  }).catch(async (error: unknown) => {
    await archive.discard();
    throw error;
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
    /** A broker that was killed has left half an archive, if any. */
    async keep(exit: Exit) {
      if (exit.signal === null && existsSync(draft)) await rename(draft, archive);
      else await discard();
    },
    discard,
  };
}

/** The mark of the broker that answers on a port; `undefined` if what listens there is none. */
async function markOf(port: number): Promise<string | undefined> {
  const kafka = kafkaClient({ bootstrapServers: `127.0.0.1:${port}`, clientId: 'millrace' });
  const wanted = { type: kafkajs.ConfigResourceTypes.BROKER, name: NODE_ID, configNames: ['broker.rack'] };
  try {
    const { resources } = await askBroker(
      kafka,
      (admin) => admin.describeConfigs({ resources: [wanted], includeSynonyms: false }),
      5_000,
    );
    return resources[0]?.configEntries[0]?.configValue;
  } catch {
    return undefined;
  }
}

/** A KRaft broker opens its port when it is ready to serve; a client would take seconds to give up on a closed one. */
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
