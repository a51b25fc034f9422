import { printable, table } from '../terminal.ts';
import type { AuditedRun } from './audit.ts';

/** Runs as rows, one each. */
export function describeRuns(runs: readonly AuditedRun[]): string {
  const rows = runs.map(({ runId, action, who, why, ended, updatedAt, counts }) => [
    runId,
    action,
    ended ?? `at work or killed, last word ${updatedAt.slice(11, 19)}`,
    Object.entries(counts)
      .filter(([, count]) => count > 0)
      .map(([what, count]) => `${count} ${printable(what)}`)
      .join(', '),
    printable(who),
    printable(why),
  ]);
  return table([['run', 'action', 'ended', 'letters', 'who', 'why'], ...rows]);
}
