import { green, printable, red, table } from '../terminal.ts';
import { describeCounts, type LetterResult, type RunResult } from './audited-run.ts';
import type { RunId } from './run-id.ts';
import { nameOf } from './selection.ts';

const LETTERS_SHOWN = 50;

/** How a run ended: its counts, and the letters that it didn't bring to their end. */
export function describeRun(
  runId: RunId,
  { ended, results }: RunResult,
  wanted: LetterResult['outcome'],
): string {
  const others = results.filter(({ outcome }) => outcome !== wanted);
  const rows = others
    .slice(0, LETTERS_SHOWN)
    .map((result) => [printable(nameOf(result)), result.outcome, printable(result.code ?? '')]);
  const more = others.length - rows.length;
  const counts: Record<string, number> = {};
  for (const { outcome } of results) counts[outcome] = (counts[outcome] ?? 0) + 1;
  const summary = results.length === 0 ? 'nothing was done' : describeCounts(counts);
  const colour = ended === 'finished' && others.length === 0 ? green : red;
  return [
    `run ${runId} ${ended}: ${colour(summary)}`,
    ...(rows.length === 0 ? [] : [table(rows)]),
    ...(more > 0 ? [`  and ${more} more; --json names them all`] : []),
  ].join('\n');
}
