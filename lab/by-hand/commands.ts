/** The log by hand: each command in a terminal of its own. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { interruption } from '../../local/cli/interruption.ts';
import { type CommandContext, JSON_OPTION, positiveInteger } from '../../local/cli/options.ts';
import type { Terminal } from '../../local/cli/terminal.ts';

/** Mounts what one does with the log by hand. */
export function byHandCommands(lab: Command, { projectDir, terminal, exitWith }: CommandContext): void {
  lab
    .command('up')
    .description("run the lab's own broker until Ctrl-C; not needed where docker-compose.yml's runs")
    .option(...JSON_OPTION)
    .action(async (options) => {
      const interrupted = interruption(terminal.progress);
      const { up } = await import('./up.ts');
      await up(projectDir, options, terminal, interrupted);
    });

  lab
    .command('setup')
    .description('make the topic orders, with 3 partitions')
    .option(...JSON_OPTION)
    .action(async (options) => {
      const { setup } = await import('./look.ts');
      await setup(projectDir, options, terminal);
    });

  lab
    .command('produce')
    .description('write records to the topic, until Ctrl-C or --count of them')
    .option('--rate <n>', 'records a second', positiveNumber, 5)
    .option('--keys <n>', 'how many different keys they have; 0: none', wholeNumber, 10)
    .option('--count <n>', 'how many; without it until Ctrl-C', positiveInteger)
    .addOption(
      new Option(
        '--acks <who>',
        'who has to have a record before it counts as written: nobody, the leader, all in sync',
      )
        .choices(['0', '1', 'all'] as const)
        .default('all' as const),
    )
    .option(...JSON_OPTION)
    .action(async (options) => {
      const interrupted = interruption(unlessSoon(terminal));
      const { produce } = await import('./clients.ts');
      exitWith(await produce(projectDir, options, terminal, interrupted));
    });

  lab
    .command('consume')
    .description('read the topic as a member of a group, until Ctrl-C')
    .requiredOption('--group <name>', 'of the group, whose members share the partitions', kafkaName)
    .option('--name <name>', 'of this member', kafkaName, 'A')
    .addOption(
      new Option('--commit <when>', 'before or after the work on a record')
        .choices(['after', 'before'] as const)
        .default('after' as const),
    )
    .option(
      '--from-beginning',
      'where a group begins that has committed nothing; without it at the end',
      false,
    )
    .option('--slow <time>', 'what the work on a record takes, as 200ms or 2s', milliseconds, 0)
    .option(
      '--crash-after <n>',
      'die in the middle of the n-th record, between its work and its commit',
      positiveInteger,
    )
    .option(...JSON_OPTION)
    .action(async (options) => {
      const interrupted = interruption(unlessSoon(terminal));
      const { consume } = await import('./clients.ts');
      exitWith(await consume(projectDir, options, terminal, interrupted));
    });

  lab
    .command('topics')
    .description('what lies on the log: first and next offset of each partition')
    .option(...JSON_OPTION)
    .action(async (options) => {
      const { topics } = await import('./look.ts');
      await topics(projectDir, options, terminal);
    });

  lab
    .command('groups')
    .description('the members of each group, and what they read')
    .option(...JSON_OPTION)
    .action(async (options) => {
      const { groups } = await import('./look.ts');
      await groups(projectDir, options, terminal);
    });

  lab
    .command('offsets')
    .description('how far each group has come, and what is left to it')
    .option(...JSON_OPTION)
    .action(async (options) => {
      const { offsets } = await import('./look.ts');
      await offsets(projectDir, options, terminal);
    });

  lab
    .command('reset')
    .description("forget the topic and all groups; when the lab's broker is down, all that it has kept")
    .option(...JSON_OPTION)
    .action(async (options) => {
      const { reset } = await import('./look.ts');
      await reset(projectDir, options, terminal);
    });
}

/** Says how to end what takes its time to end, and nothing where it doesn't. */
const unlessSoon = (terminal: Terminal) => (text: string) => {
  setTimeout(() => terminal.progress(text), 500).unref();
};

/** `200ms`, `2s` or `1m` in milliseconds. */
function milliseconds(text: string): number {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) ?? [];
  const factor = { ms: 1, s: 1_000, m: 60_000 }[unit];
  if (factor !== undefined) return Math.round(Number(count) * factor);
  throw new InvalidArgumentError('It has to be a time, like 200ms or 2s.');
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('It has to be a number above 0.');
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError('It has to be a whole number from 0.');
}

/** What a topic may be called, and here a group and a member as well: nothing that a terminal would take for something else. */
function kafkaName(text: string): string {
  if (/^[\w.-]{1,200}$/.test(text)) return text;
  throw new InvalidArgumentError('It has to be of letters, digits, ".", "_" and "-".');
}
