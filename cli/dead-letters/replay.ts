import { LocalCloudError } from '../../local/errors.ts';
import { pacer } from '../pacing.ts';
import { workThrough } from '../work-through.ts';
import type { Audit, AuditedRun, ReplayLimits } from './audit.ts';
import { auditedRun, LETTERS_IN_FLIGHT, type RunResult } from './audited-run.ts';
import type { PlanRules } from './plan.ts';
import { type ReplayPorts, replayLetter } from './replay-letter.ts';
import type { LetterSummary } from './stored-letter.ts';

export interface ReplayRunPorts extends ReplayPorts {
  readonly audit: Audit;
  readonly progress: (text: string) => void;
}

/** Who replays what, and why. */
export type ReplayRun = Omit<AuditedRun, 'action' | 'counts' | 'updatedAt' | 'ended' | 'limits'> & {
  readonly limits: ReplayLimits;
};

/**
 * Replays letters, a few at a time and at most so many a second, and writes down that it did.
 *
 * The signal ends it when the letters at work have come to their end. A run that is killed leaves those `REPLAYING`
 * until their reservation is over, or until a run takes them up that resumes it.
 *
 * @param letters in the order in which they are to begin
 * @param skipped how many letters were chosen too that can't be replayed
 */
export function replay(
  run: ReplayRun,
  letters: readonly LetterSummary[],
  skipped: number,
  rules: PlanRules,
  ports: ReplayRunPorts,
  signal: AbortSignal,
): Promise<RunResult> {
  const { audit, progress, timing } = ports;
  const pace = pacer(run.limits.rate, timing);
  const replayAll = (settled: (result: RunResult['results'][number]) => Promise<void>) =>
    workThrough(letters, LETTERS_IN_FLIGHT, signal, async (letter) => {
      await pace(signal);
      if (signal.aborted) return;
      const { outcome, code, refused } = await replayLetter(letter, rules, ports, signal);
      const { consumer, recordId } = letter;
      await settled({ consumer, recordId, outcome, code });
      if (refused !== undefined) throw refusal(consumer, refused);
    });
  return auditedRun(
    { ...run, action: 'replay' },
    { chosen: letters.length, skipped },
    replayAll,
    { audit, progress, now: timing.now },
    signal,
  );
}

function refusal(consumer: string, { code, message }: { code: string; message: string }): LocalCloudError {
  return new LocalCloudError('INVOCATION_REFUSED', `${consumer} can't be invoked: ${code}, ${message}`, {
    retriable: true,
    remedy: ['The run has ended, and no letter is lost: run it again when the consumer can be invoked.'],
  });
}
