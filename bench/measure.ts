import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { unlessInterrupted } from '../local/cli/interruption.ts';
import type { Results, Task } from './contract.ts';
import { processTree } from './process-tree.ts';
import { startTask } from './task.ts';

/** A measurement that came to its end. */
export interface Measured<R> {
  readonly result: R;
  /** At the end; with `watchMemory` the most that was seen. */
  readonly memory: Memory;
}

/** Resident memory in MB (10^6 bytes). */
export interface Memory {
  /** Of the process that reads the topic. */
  readonly readerMb: number;
  /** Of all processes together, those of the function included. */
  readonly allMb: number;
}

const entry = fileURLToPath(new URL('./child.ts', import.meta.url));
const SAMPLE_EVERY_MS = 500;

/**
 * Runs one task in a process of its own. Its memory is looked at when it has its result, and with `watchMemory` all the
 * time, which takes time from it. Throws what it wrote if it fails.
 */
export async function measure<M extends keyof Results>(
  task: Task<M>,
  interrupted: AbortSignal,
  watchMemory = false,
): Promise<Measured<Results[M]>> {
  const env = { ...process.env, KAFKAJS_NO_PARTITIONER_WARNING: '1' };
  const running = startTask<Results[M]>(task.contender, entry, task, env);
  const ended = new AbortController();
  const watched = watchMemory ? peakOf(running.pid, ended.signal) : undefined;
  const broken = Promise.withResolvers<never>();
  watched?.catch(broken.reject);
  try {
    const result = await unlessInterrupted(Promise.race([running.result, broken.promise]), interrupted);
    ended.abort();
    return { result, memory: (await watched) ?? (await memoryOf(running.pid)) };
  } finally {
    ended.abort();
    await running.stop();
  }
}

async function peakOf(pid: number, ended: AbortSignal): Promise<Memory> {
  let peak: Memory = { readerMb: 0, allMb: 0 };
  while (!ended.aborted) {
    const { readerMb, allMb } = await memoryOf(pid);
    peak = { readerMb: Math.max(peak.readerMb, readerMb), allMb: Math.max(peak.allMb, allMb) };
    await delay(SAMPLE_EVERY_MS, undefined, { signal: ended }).catch(() => undefined);
  }
  return peak;
}

/** Node processes alone: the guard's shell and whoever asks are none of the contender's. */
async function memoryOf(pid: number): Promise<Memory> {
  const processes = (await processTree(pid)).filter(({ command }) => command.includes('node'));
  return {
    readerMb: processes.find((each) => each.pid === pid)?.rssMb ?? 0,
    allMb: processes.reduce((sum, { rssMb }) => sum + rssMb, 0),
  };
}
