import { ORDERLY } from '../../local/command-line.ts';
import { LocalCloudError } from '../../local/errors.ts';
import { theOne } from '../the-one.ts';
import type { Audit, AuditedRun, ReplayLimits } from './audit.ts';

/** A replay that ended before its end. */
export type ResumedRun = AuditedRun & { readonly limits: ReplayLimits };

/** The replay that a word means: its run id or a part of one. Throws `RUN_NOT_FOUND` also for one that has finished. */
export async function resumedRun(audit: Audit, word: string): Promise<ResumedRun> {
  const runs = await audit.runs();
  const choice = theOne(runs, word, ({ runId }) => [runId]);
  if (choice.kind === 'one') return unfinished(choice.item);
  throw notFound(
    choice.kind === 'several' ? `${word} may be several runs` : `there is no run ${word}`,
    (choice.kind === 'several' ? choice.items : runs).filter(({ ended }) => ended !== 'finished'),
  );
}

function unfinished(run: AuditedRun): ResumedRun {
  const { runId, action, limits, ended } = run;
  if (action !== 'replay' || limits === undefined) throw notFound(`run ${runId} was no replay`, []);
  if (ended === 'finished') throw notFound(`run ${runId} has finished`, []);
  return { ...run, limits };
}

function notFound(message: string, candidates: readonly AuditedRun[]): LocalCloudError {
  return new LocalCloudError('RUN_NOT_FOUND', message, {
    remedy:
      candidates.length === 0
        ? [`${ORDERLY} dead-letters runs lists them; without --resume a new one begins.`]
        : ['Name one of these:', ...candidates.map(({ runId }) => runId)],
  });
}
