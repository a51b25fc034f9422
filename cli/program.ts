import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { LocalCloudError } from '../local/errors.ts';
import { Interrupted, interruption } from './interruption.ts';
import { red, type Terminal } from './terminal.ts';

/** Exit codes: everything was as asked; it was not; the command line was not understood. */
const OK = 0;
const FAILED = 1;
const USAGE = 2;

const JSON_OPTION = ['--json', 'print JSON for scripts', false] as const;

/**
 * Runs one command of `orderly` and returns its exit code; signals end it with 128 + their number.
 *
 * Each command is loaded when it is asked for: most of them need none of the SDKs.
 */
export async function run(argv: readonly string[], projectDir: string, terminal: Terminal): Promise<number> {
  let exitCode = OK;
  const program = new Command('orderly')
    .description('Runs a CDK app with Kafka event sources on this machine, and shows what it does.')
    .option('--debug', 'print stack traces')
    .exitOverride()
    .configureOutput({ writeErr: (text) => terminal.error(text.trimEnd()) });

  program
    .command('up')
    .description('run the app of this folder until Ctrl-C')
    .option('--app <folder>', 'run this cloud assembly instead of synthesizing the app')
    .addOption(
      new Option(
        '--engine <engine>',
        'the broker and AWS endpoint: of docker-compose.yml, or child processes',
      )
        .choices(['auto', 'embedded', 'external'] as const)
        .default('auto' as const),
    )
    .option('--port <port>', 'port of the HTTP API', port, 4000)
    .option('--accept <LogicalId.Property...>', 'run although this property is not honoured', [])
    .addOption(
      new Option('--watch', 'run changed functions as soon as their sources are saved')
        .default(false)
        .conflicts('app'),
    )
    .action(async (options) => {
      const { up } = await import('./commands/up.ts');
      await up(projectDir, options, terminal, interruption(terminal.progress));
    });

  program
    .command('demo')
    .description('prove the whole chain by counting, on free ports, in a throw-away folder')
    .option('--orders <n>', 'how many orders (300; with --faults 120)', positiveInteger)
    .option('--faults', 'the second part: poison, a crash loop, an outage, a dark hour, a replay', false)
    .option(...JSON_OPTION)
    .action(async ({ orders, faults, json }) => {
      const interrupted = interruption(terminal.progress);
      const { demo } = await import('./commands/demo.ts');
      const { demoFaults } = await import('./commands/demo-faults.ts');
      const report = faults
        ? await demoFaults(projectDir, { orders: orders ?? 120, json }, terminal, interrupted)
        : await demo(projectDir, { orders: orders ?? 300, json }, terminal, interrupted);
      exitCode = report.exact ? OK : FAILED;
    });

  program
    .command('order')
    .description('place sample orders through the HTTP API')
    .option('--count <n>', 'how many', positiveInteger, 1)
    .option(...JSON_OPTION)
    .action(async (options) => {
      const { order } = await import('./commands/order.ts');
      await order(projectDir, options, terminal);
    });

  program
    .command('status')
    .description('lag of every event source mapping, schedules, figures of every function')
    .option(...JSON_OPTION)
    .action(async (options) => {
      const { status } = await import('./commands/status.ts');
      await status(projectDir, options, terminal);
    });

  const mapping = program.command('mapping').description('event source mappings, while the app runs');
  mapping
    .command('list')
    .description('every event source mapping with its state')
    .option(...JSON_OPTION)
    .action(async (options) => {
      const { listMappings } = await import('./commands/mapping.ts');
      await listMappings(projectDir, options, terminal);
    });
  for (const [verb, description] of [
    ['enable', 'go on where its group has committed'],
    ['disable', 'read nothing more, once the invocations in flight have ended'],
  ] as const) {
    mapping
      .command(verb)
      .description(description)
      .argument('<name>', 'of its consumer group or function, or its UUID; a part is enough')
      .option(...JSON_OPTION)
      .action(async (name, options) => {
        const { switchMapping } = await import('./commands/mapping.ts');
        await switchMapping(projectDir, { name, enabled: verb === 'enable' }, options, terminal);
      });
  }

  const schedule = program.command('schedule').description('what runs by the clock');
  schedule
    .command('list')
    .description('every schedule with its last and next run')
    .option(...JSON_OPTION)
    .action(async (options) => {
      const { listSchedules } = await import('./commands/schedule.ts');
      await listSchedules(projectDir, options, terminal);
    });
  schedule
    .command('run')
    .description('run a schedule now and wait for its functions')
    .argument('<name>', 'part of its construct path or logical id')
    .option(...JSON_OPTION)
    .action(async (name, options) => {
      const { runSchedule } = await import('./commands/schedule.ts');
      exitCode = (await runSchedule(projectDir, name, options, terminal)) ? OK : FAILED;
    });

  program
    .command('mails')
    .description('the newest mails that were sent')
    .option('--last <n>', 'how many', positiveInteger, 10)
    .option(...JSON_OPTION)
    .action(async (options) => {
      const { mails } = await import('./commands/mails.ts');
      await mails(projectDir, options, terminal);
    });

  program
    .command('logs')
    .description('the last log lines of a function, or of all')
    .argument('[function]', 'part of its name or construct path')
    .option('--last <n>', 'how many lines of each', positiveInteger, 20)
    .action(async (wanted, options) => {
      const { logs } = await import('./commands/logs.ts');
      await logs(projectDir, wanted, options, terminal);
    });

  program
    .command('reset')
    .description('forget everything the local cloud has stored')
    .action(async () => {
      const { reset } = await import('./commands/reset.ts');
      await reset(projectDir, terminal);
    });

  program
    .command('doctor')
    .description('which engine can run here, and what is missing')
    .option(...JSON_OPTION)
    .action(async (options) => {
      const { doctor } = await import('./commands/doctor.ts');
      exitCode = (await doctor(options, terminal)) ? OK : FAILED;
    });

  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? OK : USAGE;
    if (error instanceof Interrupted) return error.exitCode;
    terminal.error(describeError(error, program.opts<{ debug?: true }>().debug === true));
    return FAILED;
  }
}

function describeError(error: unknown, debug: boolean): string {
  if (debug && error instanceof Error) return describeStack(error);
  if (!(error instanceof LocalCloudError)) {
    return `${red('error')} ${error instanceof Error ? error.message : String(error)}\n  --debug shows where it comes from.`;
  }
  return [
    `${red('error')} ${error.message} [${error.code}]`,
    ...error.remedy.map((line) => `  ${line}`),
  ].join('\n');
}

function describeStack(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${describeStack(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('It has to be a whole number from 1.');
}

function port(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  throw new InvalidArgumentError('It has to be a port: 1 to 65535, or 0 for any free one.');
}
