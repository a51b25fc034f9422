import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import kafkajs from 'kafkajs';
import { askBroker } from '../kafka/admin.ts';
import { kafkaClient } from '../kafka/client.ts';
import type { EngineLog } from './engine.ts';
import { cached, installStep, isCached } from './install.ts';
import { classArchive, classPath, fetchWithMaven, javaCommand, javaEnvironment, QUICK_JVM } from './java.ts';
import { type RunningPart, startPart } from './part.ts';
import { accepts } from './ports.ts';

export interface BrokerOptions {
  readonly install: KafkaInstall;
  /** What it is in a cluster of several. @default - broker and controller of a cluster of one */
  readonly node?: KafkaNode;
  /** The broker's own folder: log segments and configuration. */
  readonly dataDir: string;
  /** A controller has none. */
  readonly port: number;
  /** Of the cluster's controller. */
  readonly controllerPort: number;
  /** As Java names it; an archive of loaded classes serves one version. */
  readonly javaVersion: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What else its server.properties say. @default - nothing */
  readonly settings?: Readonly<Record<string, string | number>>;
  readonly log: EngineLog;
}

/** A node of a KRaft cluster; ids are the cluster's own. */
export interface KafkaNode {
  readonly id: number;
  readonly roles: readonly ('broker' | 'controller')[];
  readonly controllerId: number;
}

const ALONE: KafkaNode = { id: 1, roles: ['broker', 'controller'], controllerId: 1 };

/** Starts a node on 127.0.0.1, over the data it left there before if there is any. */
export async function startBroker(options: BrokerOptions): Promise<RunningPart> {
  const { node = ALONE } = options;
  const logDir = 'log';
  const mark = randomUUID();
  const properties = join(options.dataDir, 'server.properties');
  await mkdir(options.dataDir, { recursive: true });
  if (!existsSync(join(options.dataDir, logDir, 'meta.properties')))
    await copyFormatted(options.install, join(options.dataDir, logDir), node);
  await writeFile(properties, serverProperties({ ...options, node, logDir, mark }));

  const archive = await classArchive(options.install.folder, options.javaVersion);
  const part = await startPart({
    part: 'kafka',
    command: javaCommand(options.env),
    args: [
      '-Xms256m',
      '-Xmx512m',
      ...QUICK_JVM,
      ...archive.options,
      '-cp',
      options.install.classPath,
      'kafka.Kafka',
      properties,
    ],
    cwd: options.dataDir,
    env: javaEnvironment(options.env),
    log: options.log,
    // A KRaft broker opens its port when it is ready to serve; a client would take seconds to give up on a closed one.
    isReady: async () =>
      node.roles.includes('broker')
        ? (await accepts(`127.0.0.1:${options.port}`)) && (await markOf(node, options.port)) === mark
        : accepts(`127.0.0.1:${options.controllerPort}`),
  }).catch(async (error: unknown) => {
    await archive.discard();
    throw error;
  });
  return {
    ...part,
    async stop() {
      await part.stop();
      await archive.keep((await part.exited).exit);
    },
  };
}

/** The mark of the broker that answers on a port; `undefined` if what listens there is none. */
async function markOf({ id }: KafkaNode, port: number): Promise<string | undefined> {
  const kafka = kafkaClient({ bootstrapServers: `127.0.0.1:${port}`, clientId: 'millrace' });
  const wanted = { type: kafkajs.ConfigResourceTypes.BROKER, name: `${id}`, configNames: ['broker.rack'] };
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

interface BrokerPlaces extends Pick<BrokerOptions, 'settings'> {
  readonly node: KafkaNode;
  /** Name of the folder of all logs, seen from where Kafka runs: Kafka splits a path at its commas. */
  readonly logDir: string;
  readonly port: number;
  readonly controllerPort: number;
  /** What tells this broker from any other that may answer on its port: its `broker.rack`, which nothing else is done with. */
  readonly mark: string;
}

/**
 * server.properties of a KRaft node, in a cluster whose quorum is one controller.
 *
 * The quorum is named here (`controller.quorum.voters`) and not in the formatted log folder, so the same data can be
 * served from other ports next time.
 */
function serverProperties({ node, logDir, port, controllerPort, mark, settings }: BrokerPlaces): string {
  const listeners = {
    broker: `PLAINTEXT://127.0.0.1:${port}`,
    controller: `CONTROLLER://127.0.0.1:${controllerPort}`,
  };
  const properties: Readonly<Record<string, string | number>> = {
    'process.roles': node.roles.join(),
    'node.id': node.id,
    'controller.quorum.voters': `${node.controllerId}@127.0.0.1:${controllerPort}`,
    listeners: node.roles.map((role) => listeners[role]).join(),
    ...(node.roles.includes('broker') && { 'advertised.listeners': listeners.broker }),
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'broker.rack': mark,
    // Kafka locks a folder of metadata before it opens the log there only if records lie elsewhere: else a second broker that is
    // started over the first one's data spoils them before it is refused (`dataDirLock` of
    // https://github.com/apache/kafka/blob/trunk/core/src/main/scala/kafka/raft/RaftManager.scala).
    'metadata.log.dir': logDir,
    'log.dirs': `${logDir}/records`,
    ...singleNode,
    ...settings,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** What a cluster of one needs to start groups and transactions, and to start them at once. docker-compose.yml sets the same. */
export const singleNode = {
  'offsets.topic.replication.factor': 1,
  'offsets.topic.num.partitions': 1,
  'transaction.state.log.replication.factor': 1,
  'transaction.state.log.min.isr': 1,
  'transaction.state.log.num.partitions': 1,
  'share.coordinator.state.topic.replication.factor': 1,
  'share.coordinator.state.topic.min.isr': 1,
  'group.initial.rebalance.delay.ms': 0,
  'auto.create.topics.enable': 'false',
} as const;

const pom = fileURLToPath(new URL('./kafka.pom.xml', import.meta.url));

/** The cluster id of every embedded broker; any 16 bytes but those of docker-compose.yml's broker. */
export const EMBEDDED_CLUSTER_ID = 'bWlsbHJhY2UtYnVpbHRpbg';

/** What a log folder is formatted by. */
const formatProperties = serverProperties({
  node: ALONE,
  logDir: 'formatted',
  port: 1,
  controllerPort: 2,
  mark: 'none',
});

/** Where the cache keeps Kafka: keyed by the pom and by how it is formatted, so another class path or layout is another folder. */
export function kafkaPart(): string {
  const hash = createHash('sha256').update(readFileSync(pom)).update(formatProperties);
  return `kafka-${hash.digest('hex').slice(0, 12)}`;
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
    await fetchWithMaven('Apache Kafka', pom, join(workshop, 'lib'), env);
    await format(workshop, env);
  });
  return { folder, classPath: await classPath(join(folder, 'lib')), formatted: join(folder, 'formatted') };
}

/** A formatted folder says whose it is, and a cluster takes no two nodes with the same id, nor with the same folder. */
async function copyFormatted({ formatted }: KafkaInstall, logDir: string, { id }: KafkaNode): Promise<void> {
  await cp(formatted, logDir, { recursive: true });
  for (const folder of [join(logDir, 'records'), logDir]) {
    const meta = join(folder, 'meta.properties');
    const properties = (await readFile(meta, 'utf8'))
      .replace(/^node\.id=.*$/m, `node.id=${id}`)
      .replace(/^directory\.id=.*$/m, `directory.id=${randomBytes(16).toString('base64url')}`);
    await writeFile(meta, properties);
  }
}

async function format(folder: string, env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const properties = join(folder, 'format.properties');
  await writeFile(properties, formatProperties);
  const tool = ['-cp', await classPath(join(folder, 'lib')), 'kafka.tools.StorageTool'];
  const args = [...tool, 'format', '-t', EMBEDDED_CLUSTER_ID, '-c', properties];
  await installStep('Formatting a log folder', javaCommand(env), args, javaEnvironment(env), {
    cwd: folder,
  });
}
