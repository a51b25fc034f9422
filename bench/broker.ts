import { join } from 'node:path';
import { cacheFolder } from '../local/engines/cache.ts';
import { startBroker } from '../local/engines/kafka/broker.ts';
import { installKafka } from '../local/engines/kafka/install.ts';
import { freePorts } from '../local/engines/ports.ts';
import { findTool, requireUsable } from '../local/engines/tools.ts';

/** A broker of the benchmark's own, on free ports. */
export interface BenchBroker {
  readonly bootstrapServers: string;
  stop(): Promise<void>;
}

/** Starts the very broker that the local cloud runs, its data below `folder`. */
export async function startBenchBroker(
  folder: string,
  progress: (step: string) => void,
): Promise<BenchBroker> {
  const java = await findTool('java', process.env);
  requireUsable([java]);
  const install = await installKafka(cacheFolder(process.env), process.env, progress);
  const [port = 0, controllerPort = 0] = await freePorts(2);
  const broker = await startBroker({
    install,
    dataDir: join(folder, 'kafka'),
    port,
    controllerPort,
    javaVersion: java.version ?? 'unknown',
    env: process.env,
    log: () => undefined,
  });
  return { bootstrapServers: `127.0.0.1:${port}`, stop: broker.stop };
}
