import { Command, CommanderError, Option } from 'commander';
import { ORDERLY } from '../local/command-line.ts';
import { LocalCloudError } from '../local/errors.ts';
import packageJson from '../package.json' with { type: 'json' };
import { Interrupted, interruption } from './interruption.ts';
import { deadLetterCommands } from './program/dead-letters.ts';
import { eraseCommand } from './program/erase.ts';
import { mappingCommands } from './program/mapping.ts';
import {
  type CommandContext,
  contextValue,
  JSON_OPTION,
  localOnly,
  orderId,
  port,
  positiveInteger,
  upTo,
} from './program/options.ts';
import { republishCommand } from './program/republish.ts';
import { scheduleCommands } from './program/schedule.ts';
import { red, type Terminal } from './terminal.ts';

/** Exit codes: everything was as asked; it was not; the command line was not understood. */
const OK = 0;
const FAILED = 1;
const USAGE = 2;

/** Every one of them is mailed and shipped, and its id is kept until the last is placed: more is a slip of the finger. */
const MOST_ORDERS = 10_000;

/**
 * Runs one command of `orderly` and returns its exit code; signals end it with 128 + their number.
 *
 * Each command is loaded when it is asked for: most of them need none of the SDKs.
 */
export async function run(argv: readonly string[], projectDir: string, terminal: Terminal): Promise<number> {
  let exitCode = OK;
  const program = new Command(ORDERLY)
    .description('Runs a CDK app with Kafka event sources on this machine, and shows what it does.')
    .version(packageJson.version, '--version', 'print the version')
    .option('--debug', 'print stack traces')
    .option(
      '--stack <name>',
      'of the deployed stack with the orders, instead of the app that runs in this folder',
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.error(text.trimEnd()),
    });

  const context: CommandContext = {
    projectDir,
    terminal,
    at: () => ({ projectDir, stack: program.opts<{ stack?: string }>().stack }),
    exitWith: (fulfilled) => {
      exitCode = fulfilled ? OK : FAILED;
    },
  };
  const { at } = context;

  localOnly(program.command('up'), 'npx cdk deploy brings a stack up')
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
    .addOption(
      new Option(
        '-c, --context <key=value>',
        'context of the CDK app, as cdk takes it; may come several times',
      )
        .argParser(contextValue)
        .default({}, '')
        .conflicts('app'),
    )
    .option('--port <port>', 'port of the HTTP API', port, 4000)
    .option('--accept <Stack/LogicalId.Property...>', 'run although this property is not honoured', [])
    .addOption(
      new Option('--watch', 'run changed functions as soon as their sources are saved')
        .default(false)
        .conflicts('app'),
    )
    .action(async (options) => {
      const { up } = await import('./commands/up.ts');
      await up(projectDir, options, terminal, interruption(terminal.progress));
    });

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
      exitCode = report.exact ? OK : FAILED;
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
    .command('status')
    .description('lag of every event source mapping, schedules, figures of every function')
    .option(...JSON_OPTION)
    .action(async (options) => {
      const { status } = await import('./commands/status.ts');
      await status(at(), options, terminal);
    });

  program
    .command('smoke')
    .description('test the app through its own doors, step by step; what it makes is put away again')
    .option('--mail-to <address>', 'who gets the mails', 'success@simulator.amazonses.com')
    .option('--wait <seconds>', 'how long a step may take', positiveInteger, 120)
    .option(...JSON_OPTION)
    .action(async (options) => {
      const { smoke } = await import('./commands/smoke.ts');
      context.exitWith(await smoke(at(), options, terminal, interruption(terminal.progress)));
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
      context.exitWith(await verifyEmulation(at(), options, terminal, interruption(terminal.progress)));
    });

  mappingCommands(program, context);
  scheduleCommands(program, context);
  deadLetterCommands(program, context);
  republishCommand(program, context);
  eraseCommand(program, context);

  localOnly(program.command('mails'), `SES keeps no mailbox; ${ORDERLY} smoke tells whether mails are sent`)
    .description('the newest mails that were sent')
    .option('--last <n>', 'how many', positiveInteger, 10)
    .option(...JSON_OPTION)
    .action(async (options) => {
      const { mails } = await import('./commands/mails.ts');
      await mails(projectDir, options, terminal);
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

  localOnly(program.command('logs'), 'on AWS they are in CloudWatch Logs: aws logs tail')
    .description('the last log lines of a function, or of all')
    .argument('[function]', 'part of its name or construct path')
    .option('--last <n>', 'how many lines of each', positiveInteger, 20)
    .option(...JSON_OPTION)
    .action(async (wanted, options) => {
      const { logs } = await import('./commands/logs.ts');
      await logs(projectDir, wanted, options, terminal);
    });

  localOnly(program.command('reset'), 'npx cdk destroy removes a stack')
    .description('forget everything the local cloud has stored')
    .action(async () => {
      const { reset } = await import('./commands/reset.ts');
      await reset(projectDir, terminal);
    });

  localOnly(program.command('doctor'), 'it looks at what this machine has')
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
    const { debug = false, stack } = program.opts<{ debug?: true; stack?: string }>();
    terminal.error(describeError(error, debug));
    if (stack !== undefined && isOfAws(error)) {
      for (const variable of endpointVariables(process.env)) {
        terminal.error(`  ${variable} is set in this shell: requests went there, and not to AWS.`);
      }
    }
    return FAILED;
  }
}

/** Whether an error is the answer to a request, or says why there was none. */
function isOfAws(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const isTold = '$metadata' in error || 'syscall' in error || error instanceof AggregateError;
  return (
    isTold || isOfAws(error.cause) || (error instanceof LocalCloudError && error.code === 'STACK_NOT_FOUND')
  );
}

/**
 * The variables by which the AWS SDK sends requests elsewhere.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
function endpointVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  if (env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === 'true') return [];
  return Object.entries(env)
    .filter(([name, value]) => /^AWS_ENDPOINT_URL(_|$)/.test(name) && value)
    .map(([name, value]) => `${name}=${value}`);
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
