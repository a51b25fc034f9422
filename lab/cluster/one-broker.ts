/** The lab's own broker: a cluster of one, which forgets and rebalances fast enough to be watched. */
import { cacheFolder } from '../../local/engines/install.ts';
import { installKafka, startBroker } from '../../local/engines/kafka.ts';
import { freePorts } from '../../local/engines/ports.ts';
import { findTool, requireUsable } from '../../local/engines/tools.ts';
import type { Service, Session } from './session.ts';

export interface Brokers extends Service {
  /** `host:port`, separated by commas. */
  readonly brokers: string;
}

/** What makes seconds of what takes minutes elsewhere. */
const IN_SECONDS = {
  // Kafka's own are 5 minutes, and 30 s after the start (`log.initial.task.delay.ms`).
  'log.retention.check.interval.ms': 300,
  'log.initial.task.delay.ms': 300,
  // How long the cleaner rests when nothing is left to compact: 15 s elsewhere.
  'log.cleaner.backoff.ms': 300,
  // A client may ask to be taken for dead sooner than after Kafka's 6 s.
  'group.min.session.timeout.ms': 1_000,
};

/** Starts a broker of one, fetching Kafka if the cache lacks it. */
export async function oneBroker({ folder, progress }: Session['place']): Promise<Brokers> {
  const env = process.env;
  const java = await findTool('java', env);
  requireUsable([java]);
  const install = await installKafka(cacheFolder(env), env, progress);
  const [port = 0, controllerPort = 0] = await freePorts(2);
  progress('starting Apache Kafka');
  const broker = await startBroker({
    install,
    dataDir: folder,
    port,
    controllerPort,
    javaVersion: java.version ?? 'unknown',
    env,
    settings: IN_SECONDS,
    log: () => undefined,
  });
  return { brokers: `127.0.0.1:${port}`, stop: () => broker.stop() };
}
