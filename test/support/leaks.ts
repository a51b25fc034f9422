import { execFileSync } from 'node:child_process';

/**
 * Commands of guarded processes that this process or one of its descendants still runs.
 *
 * A guarded process dies with its parent, so one that leaked has its whole line of parents alive, up to here.
 */
export function leakedProcesses(): readonly string[] {
  const rows = execFileSync('ps', ['-axo', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((row) => /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(row))
    .filter((match) => match !== null)
    .map(([, pid, ppid, state = '', command = '']) => ({
      pid: Number(pid),
      ppid: Number(ppid),
      state,
      command,
    }))
    .filter(({ state }) => !state.startsWith('Z'));
  const ours = new Set([process.pid]);
  for (let size = 0; size < ours.size; ) {
    size = ours.size;
    for (const { pid, ppid } of rows) if (ours.has(ppid)) ours.add(pid);
  }
  const isGuard = (command: string) => command.includes('read -r _ <&3');
  return rows.filter(({ pid, command }) => ours.has(pid) && isGuard(command)).map(({ command }) => command);
}
