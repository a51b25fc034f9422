import { type Command, Option } from 'commander';
import { interruption } from '../local/cli/interruption.ts';
import { type CommandContext, JSON_OPTION, localOnly, positiveInteger } from '../local/cli/options.ts';
import { runProgram } from '../local/cli/program.ts';
import type { Terminal } from '../local/cli/terminal.ts';
import packageJson from '../package.json' with { type: 'json' };
import { CALLED_HERE, ORDERLY } from './command-line.ts';
import { deadLetterCommands } from './program/dead-letters.ts';
import { eraseCommand } from './program/erase.ts';
import { orderId, upTo } from './program/options.ts';
import { republishCommand } from './program/republish.ts';

/** Every one of them is mailed and shipped, and its id is kept until the last is placed: more is a slip of the finger. */
const MOST_ORDERS = 10_000;

/** Runs one command of `orderly`, of the local cloud or of the order system, and returns its exit code. */
export function run(argv: readonly string[], projectDir: string, terminal: Terminal): Promise<number> {
  return runProgram(
    {
      names: CALLED_HERE,
      description: 'Runs the order system on this machine, and operates it here and on AWS.',
      version: packageJson.version,
      toTry: ['order --count 10', 'status', 'mails'],
      mount: orderCommands,
    },
    argv,
    projectDir,
    terminal,
  );
}

/** What an operator of the order system does. */
function orderCommands(program: Command, context: CommandContext): void {
  const { projectDir, terminal, at, exitWith } = context;

  localOnly(program.command('demo'), `it kills and breaks things; ${ORDERLY} smoke is for a stack`)
    .description('prove the whole chain by counting, on free ports, in a throw-away folder')
    .option('--orders <n>', 'how many orders (300; with --faults 120)', positiveInteger)
    .addOption(
      new Option(
        '--engine <engine>',
        'child processes, or docker-compose.yml’s with nothing of this app in it',
      )
        .choices(['embedded', 'external'] as const)
        .default('embedded' as const),
    )
    .option('--faults', 'the second part: poison, a crash loop, an outage, a dark hour, a replay', false)
    .option(
      '--json',
      `print JSON for scripts; npm run prints a banner first, ${ORDERLY} demo does not`,
      false,
    )
    .action(async ({ orders, faults, ...options }) => {
      const interrupted = interruption(terminal.progress);
      const { demo } = await import('./commands/demo.ts');
      const { demoFaults } = await import('./commands/demo-faults.ts');
      const report = faults
        ? await demoFaults(projectDir, { ...options, orders: orders ?? 120 }, terminal, interrupted)
        : await demo(projectDir, { ...options, orders: orders ?? 300 }, terminal, interrupted);
      exitWith(report.exact);
    });

  program
    .command('order')
    .description('place sample orders through the HTTP API')
    .option('--count <n>', `how many, up to ${MOST_ORDERS}`, upTo(MOST_ORDERS), 1)
    .option(...JSON_OPTION)
    .action(async (options) => {
      const { order } = await import('./commands/order.ts');
      await order(at(), options, terminal);
    });

  program
    .command('label')
    .description('write the shipping label of an order as a PDF of 4 by 6 inches')
    .argument('<orderId>', `as ${ORDERLY} order prints it`, orderId)
    .option('--out <file>', 'where it goes; <orderId>.pdf unless said otherwise')
    .option(...JSON_OPTION)
    .action(async (id, options) => {
      const { label } = await import('./commands/label.ts');
      await label(at(), id, options, terminal);
    });

  deadLetterCommands(program, context);
  republishCommand(program, context);
  eraseCommand(program, context);

  program
    .command('smoke')
    .description('test the app through its own doors, step by step; what it makes is put away again')
    .option('--mail-to <address>', 'who gets the mails', 'success@simulator.amazonses.com')
    .option('--wait <seconds>', 'how long a step may take', positiveInteger, 120)
    .option(...JSON_OPTION)
    .action(async (options) => {
      const { smoke } = await import('./commands/smoke.ts');
      exitWith(await smoke(at(), options, terminal, interruption(terminal.progress)));
    });

  program
    .command('verify')
    .description(
      'hold an event source mapping against the rules of the emulator; it takes the stack of the probe',
    )
    .option('--probe-stack <name>', 'of the deployed stack with the probe', 'orderly-verify')
    .option('--wait <seconds>', 'how long a case may take', positiveInteger, 300)
    .option(...JSON_OPTION)
    .action(async (options) => {
      const { verifyEmulation } = await import('./commands/verify.ts');
      exitWith(await verifyEmulation(at(), options, terminal, interruption(terminal.progress)));
    });
}
