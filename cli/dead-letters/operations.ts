/** What `orderly dead-letters` does and says, command by command. */
import type { LetterStatus } from '../../functions/dead-letters/letter.ts';
import type { AppAddress } from '../../local/cli/app.ts';
import { interruption } from '../../local/cli/interruption.ts';
import { realTiming } from '../../local/cli/pacing.ts';
import type { Terminal } from '../../local/cli/terminal.ts';
import { ORDERLY } from '../command-line.ts';
import { OrderSystemError } from '../errors.ts';
import {
  describeRun,
  describeRuns,
  type LettersChoice,
  type Outcome,
  type RunResult,
} from './audited-run.ts';
import { withDeadLetters } from './dead-letters.ts';
import { describeLetter, describeLetters, describeNoLetter, letterJson } from './describe-letter.ts';
import { DISCARDABLE, discardLetters } from './discard.ts';
import type { Selection } from './letters-table.ts';
import { describePlan, planJson } from './plan.ts';
import { planReplay, REPLAYABLE, type ReplayOptions, replay } from './replay.ts';
import { chosen, withNamed } from './selection.ts';

const NEED_SOMEBODY: readonly LetterStatus[] = ['OPEN', 'REPLAYING', 'PARKED'];

interface JsonOption {
  readonly json: boolean;
}

/** The letters that need somebody, or those in the statuses asked for. */
export async function listLetters(
  at: AppAddress,
  ids: readonly string[],
  selection: Selection,
  { status, json }: JsonOption & { readonly status: readonly LetterStatus[] },
  terminal: Terminal,
): Promise<void> {
  const statuses = status.length > 0 ? status : NEED_SOMEBODY;
  await withDeadLetters(at, async ({ letters }) => {
    const found = await chosen(letters, { ids, selection }, statuses);
    if (json) terminal.out(JSON.stringify(found));
    else terminal.out(found.length === 0 ? describeNoLetter(statuses) : describeLetters(found));
  });
}

/** All that is known of one letter, what its record says included. */
export async function showLetter(
  at: AppAddress,
  id: string,
  { json, consumer }: JsonOption & { readonly consumer?: string | undefined },
  terminal: Terminal,
): Promise<void> {
  await withDeadLetters(at, async ({ letters }) => {
    const { keys: [key] = [] } = await withNamed(letters, { consumer }, [id]);
    const letter = key && (await letters.letter(key));
    if (letter === undefined) {
      throw new OrderSystemError('LETTER_NOT_FOUND', `there is no dead letter ${id} any more`);
    }
    terminal.out(json ? JSON.stringify(letterJson(letter)) : describeLetter(letter));
  });
}

interface RunOptions extends JsonOption {
  readonly execute: boolean;
}

/** Hands letters to their consumers once more; whether every letter chosen was replayed, or only a plan was asked for. */
export function replayCommand(
  at: AppAddress,
  options: ReplayOptions & RunOptions,
  { out, progress }: Terminal,
): Promise<boolean> {
  return withDeadLetters(at, async (deadLetters) => {
    const plan = await planReplay(deadLetters, options);
    const { planned, rules } = plan;
    const { runId } = plan.run;
    if (!options.execute) {
      if (options.json) out(JSON.stringify({ letters: planned.map(planJson) }));
      else if (planned.length === 0) out(describeNoLetter(REPLAYABLE));
      else out(`${describePlan(planned, rules)}\n\n  Nothing was done. To do it: --execute --reason "why"`);
      return true;
    }
    progress(`run ${runId}\n${describePlan(planned, rules)}`);
    const interrupted = interruption(progress);
    const result = await replay(plan, { ...deadLetters, timing: realTiming, progress }, interrupted);
    const skipped = planned.flatMap(({ letter: { consumer, recordId }, fate }) =>
      fate.kind === 'skip' ? [{ consumer, recordId, skip: fate.skip }] : [],
    );
    if (options.json) out(JSON.stringify({ runId, ended: result.ended, results: result.results, skipped }));
    else out(describeRun(runId, result, 'replayed'));
    if (result.ended === 'interrupted')
      progress(`It goes on with: ${ORDERLY} dead-letters replay --execute --resume ${runId}`);
    return isEach('replayed', result, interrupted) && skipped.length === 0;
  });
}

/** Sets letters aside for good; whether every letter chosen was, or only a plan was asked for. */
export function discardCommand(
  at: AppAddress,
  options: LettersChoice & RunOptions,
  { out, progress }: Terminal,
): Promise<boolean> {
  return withDeadLetters(at, async (deadLetters) => {
    if (!options.execute) {
      const letters = await chosen(deadLetters.letters, options, DISCARDABLE);
      if (options.json) out(JSON.stringify({ letters }));
      else if (letters.length === 0) out(describeNoLetter(DISCARDABLE));
      else {
        const what = `Nothing was done. To discard ${letters.length === 1 ? 'it' : `these ${letters.length}`}`;
        const how = 'with ids, or --consumer, --letter-reason, --since or --until: --execute --reason "why"';
        out(`${describeLetters(letters)}\n\n  ${what}, ${how}`);
      }
      return true;
    }
    const interrupted = interruption(progress);
    const result = await discardLetters(deadLetters, options, progress, interrupted);
    const { runId, ended, results } = result;
    if (options.json) out(JSON.stringify({ runId, ended, results }));
    else out(describeRun(runId, result, 'discarded'));
    return isEach('discarded', result, interrupted);
  });
}

/** Whether a run came to its end with this outcome for every letter. Throws what stopped it, if something did. */
function isEach(wanted: Outcome, { ended, results, failure }: RunResult, interrupted: AbortSignal): boolean {
  if (ended === 'failed') throw failure;
  if (ended === 'interrupted') throw interrupted.reason;
  return results.every(({ outcome }) => outcome === wanted);
}

/** Who replayed or discarded what, when and why, the newest first. */
export async function listRuns(at: AppAddress, { json }: JsonOption, terminal: Terminal): Promise<void> {
  await withDeadLetters(at, async ({ audit }) => {
    const runs = await audit.runs();
    if (json) terminal.out(JSON.stringify(runs));
    else terminal.out(runs.length === 0 ? 'Nothing was replayed or discarded yet.' : describeRuns(runs));
  });
}
