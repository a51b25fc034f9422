/** Brokers and other services of a run of the lab, in a folder that goes with it. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { composeUp, toRun } from '../../local/command-line.ts';
import { removeAbandoned } from '../../local/engines/install.ts';
import { requireUsable, type Tool } from '../../local/engines/tools.ts';

/** Something that runs until it is stopped. */
export interface Service {
  stop(): Promise<void>;
}

export interface Session {
  /** Where services keep their data, and how they say what takes time. */
  readonly place: { readonly folder: string; readonly progress: (step: string) => void };
  /** A service, started when it is asked for first; each in a folder of its own. */
  use<T extends Service>(start: (place: Session['place']) => Promise<T>): Promise<T>;
  /** Stops all services and removes the folder. */
  close(): Promise<void>;
}

/** Opens a session below `home`; what killed ones have left there is removed. */
export async function openSession(home: string, progress: (step: string) => void): Promise<Session> {
  await mkdir(home, { recursive: true });
  await removeAbandoned(home, 'run-');
  const folder = await mkdtemp(join(home, `run-${process.pid}-`));
  const services = new Map<unknown, Promise<Service>>();
  let started = 0;
  return {
    place: { folder, progress },
    async use<T extends Service>(start: (place: Session['place']) => Promise<T>): Promise<T> {
      const running = services.get(start);
      // What `start` gives is what was put there under its name.
      if (running !== undefined) return (await running) as T;
      const starting = start({ folder: join(folder, String(++started)), progress });
      services.set(start, starting);
      // The next one who wants it may have more luck.
      starting.catch(() => services.delete(start));
      return starting;
    },
    async close() {
      const all = await Promise.allSettled(services.values());
      await Promise.all(all.map((one) => one.status === 'fulfilled' && one.value.stop()));
      // What was killed may still be writing as it goes.
      await rm(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

/** Throws ENGINE_MISSING_TOOL, with what can be done in the lab without that tool, if one isn't usable. */
export function requireForExperiments(tools: readonly Tool[]): void {
  requireUsable(tools, {
    what: 'An experiment',
    instead: [`Or with Docker, by hand: ${composeUp()}, then ${toRun('lab setup')}.`],
  });
}
