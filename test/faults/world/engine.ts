import { join } from 'node:path';
import { cacheFolder } from '../../../local/engines/install.ts';
import { installKafka, startBroker } from '../../../local/engines/kafka.ts';
import { installMinistack, startMinistack } from '../../../local/engines/ministack.ts';
import { freePorts } from '../../../local/engines/ports.ts';
import { findTool } from '../../../local/engines/tools.ts';
import { descendantsOf } from '../../support/process-tree.ts';

/** The broker and the AWS endpoint of a run. They outlive the local cloud, and come back where they were. */
export interface FaultyEngine {
  readonly bootstrapServers: string;
  readonly awsEndpoint: string;
  /** SIGKILL; resolves when the broker is gone. */
  killBroker(): Promise<void>;
  /** Resolves when it accepts connections. */
  startBroker(): Promise<void>;
  /** Stops and starts the AWS endpoint. It keeps its tables, and forgets what its streams hold. */
  restartAws(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts both over an empty folder. */
export async function startFaultyEngine(dir: string): Promise<FaultyEngine> {
  const { env } = process;
  const quiet = () => undefined;
  const cache = cacheFolder(env);
  const [[port = 0, controllerPort = 0, awsPort = 0], install, folder, java] = await Promise.all([
    freePorts(3),
    installKafka(cache, env, quiet),
    installMinistack(cache, env, quiet),
    findTool('java', env),
  ]);
  const dataDir = join(dir, 'kafka');
  const javaVersion = java.version ?? 'unknown';
  const broker = () => startBroker({ install, dataDir, port, controllerPort, javaVersion, env, log: quiet });
  const aws = () =>
    startMinistack({ folder, dataDir: join(dir, 'ministack'), port: awsPort, env, log: quiet });

  let [kafka, ministack] = await Promise.all([broker(), aws()]);
  return {
    bootstrapServers: `127.0.0.1:${port}`,
    awsEndpoint: `http://127.0.0.1:${awsPort}`,
    async killBroker() {
      // Kafka has its properties' path on its command line.
      const its = descendantsOf(process.pid).filter(
        ({ command }) => command.includes('kafka.Kafka') && command.includes(dataDir),
      );
      for (const { pid } of its) process.kill(pid, 'SIGKILL');
      await kafka.exited;
    },
    async startBroker() {
      kafka = await broker();
    },
    async restartAws() {
      await ministack.stop();
      ministack = await aws();
    },
    async stop() {
      await Promise.all([kafka.stop(), ministack.stop()]);
    },
  };
}
