/** The lab's own broker: a cluster of one, which forgets and rebalances fast enough to be watched. */
import { setTimeout as pause } from 'node:timers/promises';
import { startKafka } from '../../local/engines/embedded.ts';
import { cacheFolder } from '../../local/engines/install.ts';
import type { RunningPart } from '../../local/engines/part.ts';
import { isFree } from '../../local/engines/ports.ts';
import { findTool } from '../../local/engines/tools.ts';
import { run } from '../../local/processes/guarded.ts';
import { requireForExperiments, type Service, type Session } from './session.ts';

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

export interface OneBroker extends Brokers {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Resolves when it is gone, asked to or not. */
  readonly exited: RunningPart['exited'];
  /** As a long pause of its garbage collector: it does nothing, and its sockets still take what is sent. */
  freeze(): Promise<void>;
  thaw(): void;
}

/** SIGSTOP. The signal waits for a turn of the processor, and on a busy machine a broker may answer meanwhile. */
export async function freeze({ pid, kill }: Pick<RunningPart, 'pid' | 'kill'>): Promise<void> {
  kill('SIGSTOP');
  const state = async () =>
    (await run('ps', ['-o', 'stat=', '-p', String(pid)], { env: process.env })).output;
  while (/^[^TZ]/.test((await state()).join().trim())) await pause(10);
}

/**
 * Starts a broker of one, over what it has left in its folder if there is any, fetching Kafka if the cache lacks it.
 *
 * @param wanted the port that it takes if that is free; @default - any
 */
export async function oneBroker({ folder, progress }: Session['place'], wanted?: number): Promise<OneBroker> {
  const env = process.env;
  const java = await findTool('java', env);
  requireForExperiments([java]);
  const ports = wanted !== undefined && (await isFree(wanted)) ? { kafka: wanted } : {};
  const options = { dataDir: folder, ports, log: () => undefined, progress, settings: IN_SECONDS };
  const { part, port } = await startKafka(options, cacheFolder(env), java.version ?? 'unknown', env);
  const { exited, stop } = part;
  const switches = { freeze: () => freeze(part), thaw: () => part.kill('SIGCONT') };
  return { brokers: `127.0.0.1:${port}`, port, exited, stop, ...switches };
}
