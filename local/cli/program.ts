import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { type CommandNames, calledAs } from '../command-line.ts';
import { LocalCloudError } from '../errors.ts';
import { Interrupted, interruption } from './interruption.ts';
import {
  type CommandContext,
  contextValue,
  JSON_OPTION,
  localOnly,
  port,
  positiveInteger,
  time,
} from './options.ts';
import { type RewindTarget, rewindTarget } from './rewind/plan.ts';
import { red, type Terminal } from './terminal.ts';

/** Exit codes: everything was as asked; it was not; the command line was not understood. */
const OK = 0;
const FAILED = 1;
const USAGE = 2;

/** A program on the command line: the commands of the local cloud, and what else somebody mounts beside them. */
export interface Program {
  readonly names: CommandNames;
  readonly description: string;
  readonly version: string;
  /** Commands that show the app of the folder at work, of which the first makes it send a mail. @default - what any app has */
  readonly toTry?: readonly string[];
  /** Adds commands of its own. @default - there are none */
  readonly mount?: (program: Command, context: CommandContext) => void;
}

/**
 * Runs one command and returns its exit code; signals end it with 128 + their number.
 *
 * Each command is loaded when it is asked for: most of them need none of the SDKs.
 */
export function runProgram(
  program: Program,
  argv: readonly string[],
  projectDir: string,
  terminal: Terminal,
): Promise<number> {
  return calledAs(program.names, () => run(program, argv, projectDir, terminal));
}

async function run(
  { names, description, version, toTry, mount }: Program,
  argv: readonly string[],
  projectDir: string,
  terminal: Terminal,
): Promise<number> {
  let exitCode = OK;
  const program = new Command(names.call)
    .description(description)
    .version(version, '--version', 'print the version')
    .option('--debug', 'print stack traces')
    .option('--stack <name>', 'of this deployed stack, instead of the app that runs in this folder')
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
  cloudCommands(program, context, toTry);
  mount?.(program, context);

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

/** The commands that run any app, and look at it. */
function cloudCommands(
  program: Command,
  context: CommandContext,
  toTry: readonly string[] | undefined,
): void {
  const { projectDir, terminal, at, exitWith } = context;

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
      await up(projectDir, { ...options, toTry }, terminal, interruption(terminal.progress));
    });

  program
    .command('status')
    .description('lag of every event source mapping, schedules, figures of every function')
    .option(...JSON_OPTION)
    .action(async (options) => {
      const { status } = await import('./commands/status.ts');
      await status(at(), options, terminal);
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

  mappingCommands(program, context);
  scheduleCommands(program, context);

  localOnly(program.command('mails'), 'SES keeps no mailbox')
    .description('the newest mails that were sent')
    .option('--last <n>', 'how many', positiveInteger, 10)
    .option(...JSON_OPTION)
    .action(async (options) => {
      const { mails } = await import('./commands/mails.ts');
      await mails(projectDir, { ...options, toTry: toTry?.[0] }, terminal);
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
      exitWith(await doctor(options, terminal));
    });
}

function mappingCommands(program: Command, { at, terminal }: CommandContext): void {
  const mapping = program.command('mapping').description('event source mappings, while the app runs');
  mapping
    .command('list')
    .description('every event source mapping with its state')
    .option(...JSON_OPTION)
    .action(async (options) => {
      const { listMappings } = await import('./commands/mapping.ts');
      await listMappings(at(), options, terminal);
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
        await switchMapping(at(), { name, enabled: verb === 'enable' }, options, terminal);
      });
  }
  localOnly(
    mapping.command('rewind'),
    'offsets are set at the brokers, which are reached from inside their VPC alone: kafka-consumer-groups.sh --reset-offsets there, with the mapping disabled',
  )
    .description('go back, so that records are read again; the mapping is disabled meanwhile')
    .argument('<name>', 'of its consumer group or function, or its UUID; a part is enough')
    .requiredOption(
      '--to <where>',
      'beginning, a time (2026-03-01T12:00:00Z; 2h is two hours ago), offsets (orders-0=12,orders-1=7), or latest',
      rewindTo,
    )
    .option('--pass-over', 'go forward, too, over records that nobody has handled', false)
    .option('--execute', 'do it; without it the plan is printed and nothing done', false)
    .option(...JSON_OPTION)
    .action(async (name, options) => {
      const { rewindMapping } = await import('./commands/rewind-mapping.ts');
      await rewindMapping(at(), name, options, terminal);
    });
}

function rewindTo(text: string): RewindTarget {
  const target = rewindTarget(text, new Date());
  if (target !== undefined) return target;
  throw new InvalidArgumentError(
    'It has to be beginning, latest, a time, or offsets as orders-0=12,orders-1=7.',
  );
}

function scheduleCommands(program: Command, { projectDir, terminal, exitWith }: CommandContext): void {
  const schedule = localOnly(
    program.command('schedule').description('what runs by the clock'),
    'on AWS schedules are rules of EventBridge, and a run at will is an invocation of their function',
  );
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
    .option('--at <time>', 'run it as at this time, in ISO 8601: 2026-03-02T00:15:00Z', time)
    .option(...JSON_OPTION)
    .action(async (name, options) => {
      const { runSchedule } = await import('./commands/schedule.ts');
      exitWith(await runSchedule(projectDir, name, options, terminal));
    });
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
