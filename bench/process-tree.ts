import { readFileSync } from 'node:fs';
import { run } from '../local/processes/run.ts';

export interface TreeProcess {
  readonly pid: number;
  readonly command: string;
  /** Resident set in MB (10^6 bytes). */
  readonly rssMb: number;
}

/** A process and all below it that run now. */
export async function processTree(root: number): Promise<readonly TreeProcess[]> {
  const { exit, output } = await run('ps', ['-axo', 'pid=,ppid=,rss=,args='], { env: process.env });
  if (exit.code !== 0) throw new Error('ps did not tell the processes');
  const rows = output
    .map((row) => /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(.*)$/.exec(row))
    .filter((match) => match !== null)
    .map(([, pid, parent, rss, command = '']) => ({
      pid: Number(pid),
      parent: Number(parent),
      rssMb: (Number(rss) * 1024) / 1e6,
      command,
    }));
  const below = (pid: number): TreeProcess[] =>
    rows.filter(({ parent }) => parent === pid).flatMap((row) => [row, ...below(row.pid)]);
  return [...rows.filter(({ pid }) => pid === root), ...below(root)];
}

/** Linux counts in hundredths of a second whatever the machine. */
const TICKS_PER_SECOND = 100;

/** CPU seconds a process has used; undefined where there is no /proc, or no such process. */
export function cpuSeconds(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Behind the command, which is in brackets and may hold anything: utime and stime are fields 14 and 15.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return undefined;
  }
}
