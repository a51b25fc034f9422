import { execFileSync } from 'node:child_process';

interface Process {
  readonly pid: number;
  readonly command: string;
  /** Resident set in MB (10^6 bytes). */
  readonly rssMb: number;
}

/** A process and every process below it. */
export function processTree(pid: number): readonly Process[] {
  const rows = execFileSync('ps', ['-axo', 'pid=,ppid=,rss=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((row) => /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(.*)$/.exec(row))
    .filter((match) => match !== null)
    .map(([, id, parent, rss, command = '']) => ({
      pid: Number(id),
      parent: Number(parent),
      rssMb: (Number(rss) * 1024) / 1e6,
      command,
    }));
  const below = (parent: number): Process[] =>
    rows.filter((row) => row.parent === parent).flatMap((row) => [row, ...below(row.pid)]);
  return [...rows.filter((row) => row.pid === pid), ...below(pid)];
}

/** Every process below one. */
export function descendantsOf(pid: number): readonly Process[] {
  return processTree(pid).filter((each) => each.pid !== pid);
}

/** Whether a process is there and no zombie. */
export function isRunning(pid: number): boolean {
  try {
    const state = execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return state !== '' && !state.startsWith('Z');
  } catch {
    // ps exits with 1 for a process that is not there.
    return false;
  }
}
