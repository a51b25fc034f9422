import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { type App, type AppAddress, appAt } from '../../local/cli/app.ts';
import { interruption } from '../../local/cli/interruption.ts';
import { type CommandContext, JSON_OPTION, positiveInteger } from '../../local/cli/options.ts';
import { bold, duration, green, red, type Terminal, table } from '../../local/cli/terminal.ts';
import { LocalCloudError } from '../../local/errors.ts';
import { ORDERLY } from '../command-line.ts';
import type { Finding, Verification } from './verify.ts';

/** `orderly verify` */
export function verifyCommand(program: Command, { at, terminal, exitWith }: CommandContext): void {
  program
    .command('verify')
    .description(
      'hold an event source mapping against the rules of the emulator; it takes the stack of the probe',
    )
    .option('--probe-stack <name>', 'of the deployed stack with the probe', 'orderly-verify')
    .option('--wait <seconds>', 'how long a case may take', positiveInteger, 300)
    .option(...JSON_OPTION)
    .action(async (options) => {
      exitWith(await verifyEmulation(at(), options, terminal, interruption(terminal.progress)));
    });
}

interface VerifyOptions {
  /** Name of the deployed stack with the probe. */
  readonly probeStack: string;
  /** Seconds that a case may take. */
  readonly wait: number;
  readonly json: boolean;
}

const REASON = 'orderly verify: probes that failed on purpose';

/**
 * Holds what an event source mapping does against the rules of the emulator, with a consumer that
 * misbehaves on purpose. Of a deployed sandbox it tells where AWS differs; of a local cloud, whether the rules are kept.
 *
 * @returns whether everything that was seen is as the emulator has it
 */
async function verifyEmulation(
  at: AppAddress,
  options: VerifyOptions,
  terminal: Terminal,
  interrupted: AbortSignal,
): Promise<boolean> {
  const app = await appAt(at);
  const probesTable = probesTableOf(
    at.stack === undefined ? app : await appAt({ ...at, stack: options.probeStack }),
  );
  const { openDeadLetters } = await import('../dead-letters/dead-letters.ts');
  const { discardLetters } = await import('../dead-letters/discard.ts');
  const { probesOf, verify } = await import('./verify.ts');
  const deadLetters = openDeadLetters(app);
  const probes = probesOf(app, probesTable, deadLetters.letters);
  try {
    const found = await verify({
      probes,
      run: randomUUID(),
      waitMs: options.wait * 1000,
      signal: interrupted,
      progress: terminal.progress,
    });
    // The letters are of nobody's records: left open, somebody would wonder what they are.
    const letters = (await Promise.all(found.cases.map(probes.letters))).flat();
    const open = letters.filter(({ status }) => status === 'OPEN');
    const choice = { selection: { keys: open }, reason: REASON };
    const goesOn = new AbortController().signal;
    if (open.length > 0) await discardLetters(deadLetters, choice, () => undefined, goesOn);
    interrupted.throwIfAborted();
    const same = found.findings.every(({ verdict }) => verdict === 'same');
    if (options.json) {
      const { findings, waits } = found;
      terminal.out(JSON.stringify({ app: app.name, same, findings, waits }));
    } else {
      terminal.out(`${bold(app.name)}\n\n${describe(found)}`);
    }
    return same;
  } finally {
    probes.close();
    deadLetters.close();
  }
}

function probesTableOf(app: App): string {
  try {
    return app.output('ProbesTable');
  } catch (cause) {
    if (!(cause instanceof LocalCloudError) || cause.code !== 'CONFIG_INVALID') throw cause;
    throw new LocalCloudError('CONFIG_INVALID', `${app.name} has no probe`, {
      cause,
      remedy: [
        `Here: ${ORDERLY} up -c verify=true`,
        'Deployed: npx cdk deploy orderly-verify -c verify=true; npx cdk destroy orderly-verify -c verify=true removes it.',
      ],
    });
  }
}

function describe({ findings, waits }: Verification): string {
  const rows = findings.map(({ rule, about, here, seen, verdict }) => [rule, about, here, seen, verdict]);
  const others = findings.filter(({ verdict }) => verdict !== 'same');
  return [
    table([['rule', 'about', 'the emulator', 'seen', ''], ...rows]),
    '',
    `  Between attempts of a record that fails: ${waits.map(duration).join(', ') || '–'}; AWS publishes no schedule.`,
    '',
    others.length === 0
      ? green(`All ${findings.length} are as docs/emulation.md has them.`)
      : red(`${others.length} of ${findings.length} are not, or can't be told.`),
    ...advice(others),
  ].join('\n');
}

/** What to change here, once each. */
function advice(others: readonly Finding[]): string[] {
  const switches = others.flatMap(({ verdict, otherwise }) =>
    verdict === 'different' && otherwise !== undefined ? [otherwise] : [],
  );
  return [...new Set(switches)].map((otherwise) => `  The emulator does what was seen with ${otherwise}.`);
}
