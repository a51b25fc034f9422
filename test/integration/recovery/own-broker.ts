import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { cacheFolder } from '../../../local/engines/install.ts';
import { installKafka, startBroker } from '../../../local/engines/kafka.ts';
import { freePorts } from '../../../local/engines/ports.ts';
import { findTool } from '../../../local/engines/tools.ts';

/** A broker that a test may kill: it comes back on the same ports, over what it left on disk. */
export interface OwnBroker {
  readonly bootstrapServers: string;
  /** Where another broker finds the controller of this one's cluster, which it may join. */
  readonly controllerPort: number;
  /** Where it keeps its partitions, a folder `<topic>-<partition>` each. */
  readonly logDir: string;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Starts it again; resolves when it accepts connections. */
  restart(): Promise<void>;
}

/** A broker of the test's own; it and its data are gone when the test ends, or when what `atEnd` was given is called. */
export async function ownBroker(
  atEnd: (end: () => Promise<void>) => void = onTestFinished,
): Promise<OwnBroker> {
  const folder = await mkdtemp(join(tmpdir(), 'orderly-recovery-'));
  const [port = 0, controllerPort = 0] = await freePorts(2);
  const [install, java] = await Promise.all([
    installKafka(cacheFolder(process.env), process.env, () => undefined),
    findTool('java', process.env),
  ]);
  const start = () =>
    startBroker({
      install,
      dataDir: join(folder, 'kafka'),
      port,
      controllerPort,
      javaVersion: java.version ?? 'unknown',
      env: process.env,
      log: () => undefined,
    });
  let running = await start();
  atEnd(async () => {
    await running.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    bootstrapServers: `127.0.0.1:${port}`,
    controllerPort,
    logDir: join(folder, 'kafka', 'log', 'records'),
    async kill() {
      process.kill(brokerOn(folder), 'SIGKILL');
      await running.exited;
    },
    async restart() {
      running = await start();
    },
  };
}

/** The process of the broker that keeps its data below a folder: Kafka has that on its command line. */
function brokerOn(folder: string): number {
  const rows = execFileSync('ps', ['-axo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  const row = rows.find((each) => each.includes('kafka.Kafka') && each.includes(folder));
  return Number(row?.trim().split(' ')[0]);
}
