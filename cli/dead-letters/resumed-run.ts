import { ORDERLY } from '../../local/command-line.ts';
import { LocalCloudError } from '../../local/errors.ts';
import { theOne } from '../the-one.ts';
import type { Audit, AuditedRun, ReplayLimits } from './audit.ts';

/** A replay that ended before its end. */
export type ResumedRun = AuditedRun & { readonly limits: ReplayLimits };

/** The replay that a word means: its run id or a part of one. Throws `RUN_NOT_FOUND`, also for one that has finished, or `RUN_AMBIGUOUS`. */
export async function resumedRun(audit: Audit, word: string): Promise<ResumedRun> {
  const runs = await audit.runs();
  const choice = theOne(runs, word, ({ runId }) => [runId]);
  if (choice.kind === 'one') return unfinished(choice.item);
  if (choice.kind === 'several') throw refused('RUN_AMBIGUOUS', `${word} may be several runs`, choice.items);
  throw refused('RUN_NOT_FOUND', `there is no run ${word}`, runs);
}

function unfinished(run: AuditedRun): ResumedRun {
  const { runId, action, limits, ended } = run;
  if (action !== 'replay' || limits === undefined)
    throw refused('RUN_NOT_FOUND', `run ${runId} was no replay`, []);
  if (ended === 'finished') throw refused('RUN_NOT_FOUND', `run ${runId} has finished`, []);
  return { ...run, limits };
}

function refused(
  code: 'RUN_NOT_FOUND' | 'RUN_AMBIGUOUS',
  message: string,
  runs: readonly AuditedRun[],
): LocalCloudError {
  const candidates = runs.filter(({ ended }) => ended !== 'finished');
  return new LocalCloudError(code, message, {
    remedy:
      candidates.length === 0
        ? [`${ORDERLY} dead-letters runs lists them; without --resume a new one begins.`]
        : ['Name one of these:', ...candidates.map(({ runId }) => runId)],
  });
}
