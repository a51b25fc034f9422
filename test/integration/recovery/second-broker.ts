import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from '../../../local/engines/install.ts';
import { javaCommand } from '../../../local/engines/java.ts';
import { EMBEDDED_CLUSTER_ID, installKafka, singleNode } from '../../../local/engines/kafka.ts';
import { startPart } from '../../../local/engines/part.ts';
import { freePorts } from '../../../local/engines/ports.ts';
import { isUnreachable } from '../../../local/kafka/admin.ts';
import { testKafka } from '../../support/topics.ts';
import type { OwnBroker } from './own-broker.ts';

/** A broker, node 2, in the cluster of another one. */
export interface SecondBroker {
  readonly bootstrapServers: string;
  /** It hands over what it leads, and leaves. */
  stop(): Promise<void>;
  /** Resolves when it has joined. */
  start(): Promise<void>;
}

/** Has a second broker join the cluster of a first, node 1, which is the controller; it is gone as the first one is. */
export async function secondBroker(
  first: OwnBroker,
  atEnd: (end: () => Promise<void>) => void,
): Promise<SecondBroker> {
  const folder = await mkdtemp(join(tmpdir(), 'orderly-second-'));
  const [port = 0] = await freePorts(1);
  const { classPath } = await installKafka(cacheFolder(process.env), process.env, () => undefined);
  const logDir = join(folder, 'log');
  const properties = join(folder, 'server.properties');
  await mkdir(logDir);
  await writeFile(
    join(logDir, 'meta.properties'),
    `version=1\nnode.id=2\ncluster.id=${EMBEDDED_CLUSTER_ID}\n`,
  );
  await writeFile(
    properties,
    [
      'process.roles=broker',
      'node.id=2',
      `controller.quorum.voters=1@127.0.0.1:${first.controllerPort}`,
      `listeners=PLAINTEXT://127.0.0.1:${port}`,
      'controller.listener.names=CONTROLLER',
      'listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
      `log.dirs=${logDir}`,
      ...Object.entries(singleNode).map(([name, value]) => `${name}=${value}`),
    ].join('\n'),
  );
  const start = () =>
    startPart({
      part: 'kafka',
      command: javaCommand(process.env),
      args: ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-cp', classPath, 'kafka.Kafka', properties],
      cwd: folder,
      env: process.env,
      log: () => undefined,
      // A broker is told of before it takes connections, and takes them before all others have been told.
      isReady: async () => (await knows(first.bootstrapServers, port)) && knows(`127.0.0.1:${port}`, port),
    });
  let running = await start();
  atEnd(async () => {
    await running.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    bootstrapServers: `127.0.0.1:${port}`,
    stop: () => running.stop(),
    async start() {
      running = await start();
    },
  };
}

/** Whether a broker takes connections yet and tells its clients of one at that port. */
async function knows(bootstrapServers: string, port: number): Promise<boolean> {
  const admin = testKafka(bootstrapServers).admin();
  try {
    await admin.connect();
    return (await admin.describeCluster()).brokers.some((broker) => broker.port === port);
  } catch (error) {
    if (isUnreachable(error)) return false;
    throw error;
  } finally {
    await admin.disconnect();
  }
}
