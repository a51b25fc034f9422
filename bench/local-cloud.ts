import { copyFile, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { unlessInterrupted } from '../local/cli/interruption.ts';
import { synthesize } from '../local/cli/synthesize.ts';
import { spawnGuarded } from '../local/processes/guarded.ts';
import { cpuSeconds, processTree } from './process-tree.ts';

/** What `orderly up` costs before anybody uses it. */
export interface LocalCloudCost {
  /** From the start of the process, in an empty folder, to its word that it is up; synthesis left out. */
  readonly startUpMs: readonly number[];
  readonly idle: {
    /** Of one core, everything but the engine's processes; undefined where the system doesn't tell. */
    readonly cpuPercent: number | undefined;
    readonly rssMb: number;
  };
}

const root = fileURLToPath(new URL('../', import.meta.url));
const SETTLE_MS = 5_000;
const IDLE_MS = 20_000;

/** Starts this project's own app `starts` times, each time in an empty folder, and watches the last one idle. */
export async function measureLocalCloud(
  folder: string,
  starts: number,
  interrupted: AbortSignal,
): Promise<LocalCloudCost> {
  const app = join(folder, 'app');
  await unlessInterrupted(synthesize(root, app), interrupted);
  const startUpMs: number[] = [];
  for (let n = 1; ; n += 1) {
    const cwd = await mkdtemp(join(folder, 'project-'));
    await copyFile(join(root, 'millrace.json'), join(cwd, 'millrace.json'));
    const cloud = up(cwd, app);
    try {
      startUpMs.push(await unlessInterrupted(cloud.startUpMs, interrupted));
      if (n === starts)
        return { startUpMs, idle: await unlessInterrupted(watchIdle(cloud.pid), interrupted) };
    } finally {
      await cloud.stop();
    }
  }
}

function up(cwd: string, app: string) {
  const startUpMs = Promise.withResolvers<number>();
  const said: string[] = [];
  const begin = performance.now();
  const args = ['up', '--engine', 'embedded', '--app', app, '--port', '0'];
  const child = spawnGuarded(process.execPath, [join(root, 'bin/orderly.ts'), ...args], {
    cwd,
    env: process.env,
    grace: 'term',
    onOutput(line) {
      said.push(line);
      if (line.includes('orderly is up')) startUpMs.resolve(performance.now() - begin);
    },
  });
  void child.exited.then(() => startUpMs.reject(new Error(`orderly up ended:\n${said.join('\n')}`)));
  return { pid: child.pid, startUpMs: startUpMs.promise, stop: child.stop };
}

async function watchIdle(pid: number): Promise<LocalCloudCost['idle']> {
  await delay(SETTLE_MS);
  const ours = (await processTree(pid)).filter(({ command }) => !/kafka\.Kafka|ministack|^ps /.test(command));
  const used = () => ours.map((each) => cpuSeconds(each.pid));
  const before = used();
  await delay(IDLE_MS);
  const after = used();
  // One that has ended meanwhile has taken its figures with it.
  const seconds = after.flatMap((now, n) => {
    const then = before[n];
    return now === undefined || then === undefined ? [] : [now - then];
  });
  const cpuPercent = (seconds.reduce((sum, each) => sum + each, 0) / IDLE_MS) * 1e5;
  return {
    cpuPercent: seconds.length === 0 ? undefined : cpuPercent,
    rssMb: ours.reduce((sum, { rssMb }) => sum + rssMb, 0),
  };
}
