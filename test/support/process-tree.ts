import { execFileSync } from 'node:child_process';

interface Process {
  readonly pid: number;
  readonly command: string;
}

/** Every process below one, with its command. */
export function descendantsOf(pid: number): readonly Process[] {
  const rows = execFileSync('ps', ['-axo', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((row) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(row))
    .filter((match) => match !== null)
    .map(([, id, parent, command = '']) => ({ pid: Number(id), parent: Number(parent), command }));
  const below = (parent: number): Process[] =>
    rows.filter((row) => row.parent === parent).flatMap((row) => [row, ...below(row.pid)]);
  return below(pid);
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
