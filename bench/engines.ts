/** What contenders work against: the engines that the tests use, started for a benchmark on free ports. */
import { join } from 'node:path';
import { cacheFolder } from '../local/engines/install.ts';
import { installKafka, startBroker } from '../local/engines/kafka.ts';
import { installMinistack, startMinistack } from '../local/engines/ministack.ts';
import { freePorts } from '../local/engines/ports.ts';
import { findTool, requireUsable } from '../local/engines/tools.ts';
import { startDynamodbLocal } from '../test/support/dynamodb-local/start.ts';
import type { Run } from './harness.ts';

type Where = Pick<Run, 'folder' | 'progress'>;

/** The very broker that the local cloud runs; `startMs` is what its start took, its installation left out. */
export interface BenchBroker {
  readonly bootstrapServers: string;
  readonly startMs: number;
  stop(): Promise<void>;
}

/** Starts a broker whose data is below `folder`. */
export async function startBenchBroker({ folder, progress }: Where): Promise<BenchBroker> {
  progress('starting Kafka');
  const java = await findTool('java', process.env);
  requireUsable([java]);
  const install = await installKafka(cacheFolder(process.env), process.env, progress);
  const [port = 0, controllerPort = 0] = await freePorts(2);
  const begin = performance.now();
  const broker = await startBroker({
    install,
    dataDir: join(folder, 'kafka'),
    port,
    controllerPort,
    javaVersion: java.version ?? 'unknown',
    env: process.env,
    log: () => undefined,
  });
  const startMs = performance.now() - begin;
  return { bootstrapServers: `127.0.0.1:${port}`, startMs, stop: broker.stop };
}

/** Starts a DynamoDB endpoint whose data is below `folder`. */
type StartEngine = (where: Where) => Promise<{ readonly endpoint: string; stop(): Promise<void> }>;

const DYNAMODB: Readonly<Record<string, StartEngine>> = {
  'DynamoDB Local': ({ folder }) => startDynamodbLocal(folder),
  async MiniStack({ folder, progress }) {
    const install = await installMinistack(cacheFolder(process.env), process.env, progress);
    const [port = 0] = await freePorts(1);
    const dataDir = join(folder, 'ministack');
    const options = { folder: install, dataDir, port, env: process.env, log: () => undefined };
    const server = await startMinistack(options);
    return { endpoint: `http://127.0.0.1:${port}`, stop: server.stop };
  },
};

/** Measures on one DynamoDB engine after the other: `measure` gets its name, and the environment that leads to it. */
export async function onEachEngine<Measured>(
  where: Where,
  measure: (engine: string, environment: Readonly<Record<string, string>>) => Promise<Measured>,
): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (const [name, start] of Object.entries(DYNAMODB)) {
    where.progress(`starting ${name}`);
    const engine = await start(where);
    try {
      measured.push(await measure(name, { AWS_ENDPOINT_URL_DYNAMODB: engine.endpoint }));
    } finally {
      await engine.stop();
    }
  }
  return measured;
}
