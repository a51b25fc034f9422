import { z } from 'zod';
import { type AppAddress, appAt } from '../../local/cli/app.ts';
import { bold, capturing, duration, green, printable, red, type Terminal } from '../../local/cli/terminal.ts';
import { checkoutApi } from '../api.ts';
import { checkoutClient } from '../checkout-client.ts';
import { openDeadLetters } from '../dead-letters/dead-letters.ts';
import type { LetterKey } from '../dead-letters/letters-table.ts';
import { smokePlan } from '../smoke/smoke.ts';
import { runSteps, type StepResult } from '../smoke/steps.ts';
import { smokeTables } from '../smoke/tables.ts';
import { discardLetters } from './discard-dead-letters.ts';
import { replayLetters } from './replay-dead-letters.ts';

export interface SmokeOptions {
  /** Takes every mail. */
  readonly mailTo: string;
  /** Seconds that each step may wait for what it looks for. */
  readonly wait: number;
  readonly json: boolean;
}

const Run = z.object({ results: z.array(z.object({ outcome: z.string() })) });
const REASON = 'orderly smoke: a record that was poisoned on purpose';

/**
 * `orderly smoke`: tests an app that runs, here or deployed, through its own doors, step by step, and puts away what it
 * has made.
 *
 * @returns whether every step came to what it was for
 */
export async function smoke(
  at: AppAddress,
  options: SmokeOptions,
  terminal: Terminal,
  interrupted: AbortSignal,
): Promise<boolean> {
  const app = await appAt(at);
  const checkout = checkoutClient(checkoutApi(app));
  const deadLetters = openDeadLetters(app);
  const tables = smokeTables(app);
  /** What the command says when it is asked for JSON; its exit is the step's to judge. */
  const outcomesOf = async (command: (silent: Terminal) => Promise<unknown>): Promise<string[]> => {
    const { terminal: silent, written } = capturing();
    await command(silent);
    return Run.parse(JSON.parse(written())).results.map(({ outcome }) => outcome);
  };
  const choice = (keys: readonly LetterKey[]) => ({
    selection: { keys },
    execute: true,
    reason: REASON,
    json: true,
  });
  const world = {
    checkout,
    tables,
    letters: deadLetters.letters,
    replay: async (letter: LetterKey) => {
      const [outcome] = await outcomesOf((silent) =>
        replayLetters(at, choice([letter]), silent, interrupted),
      );
      return outcome;
    },
    discard: async (letters: readonly LetterKey[]) => {
      // Not interrupted: it is what a test leaves behind.
      const goesOn = new AbortController().signal;
      const outcomes = await outcomesOf((silent) => discardLetters(at, choice(letters), silent, goesOn));
      return outcomes.filter((outcome) => outcome === 'discarded').length;
    },
  };
  const ended = (result: StepResult) => (options.json ? terminal.progress : terminal.out)(describe(result));

  try {
    if (!options.json) terminal.out(bold(app.name));
    const patience = { waitMs: options.wait * 1000, signal: interrupted };
    const { steps, cleanUp, orderIds } = smokePlan(world, options.mailTo, patience);
    const results = await runSteps(steps, { signal: interrupted, ended });
    const cleaned = await runSteps([cleanUp], { signal: new AbortController().signal, ended });
    const ok = results.length === steps.length && [...results, ...cleaned].every((result) => result.ok);
    if (options.json) {
      terminal.out(JSON.stringify({ app: app.name, ok, steps: [...results, ...cleaned], orderIds }));
    } else {
      terminal.out(ok ? green('It works.') : red('It does not work.'));
    }
    interrupted.throwIfAborted();
    return ok;
  } finally {
    tables.close();
    deadLetters.close();
  }
}

function describe({ name, ok, ms, why = '' }: StepResult): string {
  const line = `  ${ok ? green('✓') : red('✗')} ${name}  ${duration(ms)}`;
  return ok ? line : [line, ...why.split('\n').map((text) => `    ${printable(text)}`)].join('\n');
}
