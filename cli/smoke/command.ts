import type { Command } from 'commander';
import { type AppAddress, appAt } from '../../local/cli/app.ts';
import { interruption } from '../../local/cli/interruption.ts';
import { type CommandContext, JSON_OPTION, positiveInteger } from '../../local/cli/options.ts';
import { realTiming } from '../../local/cli/pacing.ts';
import { bold, duration, green, printable, red, type Terminal } from '../../local/cli/terminal.ts';
import type { LetterKey } from '../dead-letters/letters-table.ts';
import type { SmokeWorld, StepResult } from './smoke.ts';

/** `orderly smoke` */
export function smokeCommand(program: Command, { at, terminal, exitWith }: CommandContext): void {
  program
    .command('smoke')
    .description('test the app through its own doors, step by step; what it makes is put away again')
    .option('--mail-to <address>', 'who gets the mails', 'success@simulator.amazonses.com')
    .option('--wait <seconds>', 'how long a step may take', positiveInteger, 120)
    .option(...JSON_OPTION)
    .action(async (options) => {
      exitWith(await smoke(at(), options, terminal, interruption(terminal.progress)));
    });
}

interface SmokeOptions {
  /** Takes every mail. */
  readonly mailTo: string;
  /** Seconds that each step may wait for what it looks for. */
  readonly wait: number;
  readonly json: boolean;
}

const REASON = 'orderly smoke: a record that was poisoned on purpose';

/**
 * Tests an app that runs, here or deployed, through its own doors, step by step, and puts away what it has made.
 *
 * @returns whether every step came to what it was for
 */
async function smoke(
  at: AppAddress,
  options: SmokeOptions,
  terminal: Terminal,
  interrupted: AbortSignal,
): Promise<boolean> {
  const app = await appAt(at);
  const { checkoutApi, checkoutClient } = await import('../order/checkout-client.ts');
  const { openDeadLetters } = await import('../dead-letters/dead-letters.ts');
  const { discardLetters } = await import('../dead-letters/discard.ts');
  const { planReplay, replay } = await import('../dead-letters/replay.ts');
  const { runSteps, smokePlan } = await import('./smoke.ts');
  const { smokeTables } = await import('./tables.ts');
  const deadLetters = openDeadLetters(app);
  const tables = smokeTables(app);
  const silent = () => undefined;
  const choice = (keys: readonly LetterKey[]) => ({ selection: { keys }, reason: REASON });
  const world: SmokeWorld = {
    checkout: checkoutClient(checkoutApi(app)),
    tables,
    letters: deadLetters.letters,
    async replay(letter) {
      const ports = { ...deadLetters, timing: realTiming, progress: silent };
      const { results } = await replay(await planReplay(deadLetters, choice([letter])), ports, interrupted);
      return results[0]?.outcome;
    },
    async discard(letters) {
      // Not interrupted: it is what a test leaves behind.
      const goesOn = new AbortController().signal;
      const { counts } = await discardLetters(deadLetters, choice(letters), silent, goesOn);
      return counts.discarded ?? 0;
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
