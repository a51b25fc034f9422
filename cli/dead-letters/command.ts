import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  LETTER_REASONS,
  LETTER_STATUSES,
  type LetterReason,
  type LetterStatus,
} from '../../functions/dead-letters/letter.ts';
import { durationMs } from '../../local/cli/moments.ts';
import { type CommandContext, JSON_OPTION, positiveInteger } from '../../local/cli/options.ts';
import { moment, rate } from '../options.ts';
import type { Selection } from './letters-table.ts';

const IDS = ['[ids...]', 'record ids, or parts of one that only one letter has'] as const;
const CONSUMER = ['--consumer <group>', 'letters of this consumer group'] as const;
const EXECUTE = ['--execute', 'do it; without it the plan is printed and nothing done', false] as const;
const WHY = ['--reason <why>', 'why, in your own words, for the audit; needed with --execute'] as const;

/** Loaded when it is asked for, with the SDKs. */
const operations = () => import('./operations.ts');

/** `orderly dead-letters …` */
export function deadLetterCommands(program: Command, context: CommandContext): void {
  const { at, terminal, exitWith } = context;
  const group = program
    .command('dead-letters')
    .description('records that a consumer gave up, or Lambda for it');

  choosing(group.command('list').description('those that need somebody: OPEN, REPLAYING and PARKED'))
    .option('--status <status>', 'letters in this status instead; may come several times', letterStatuses, [])
    .option(...JSON_OPTION)
    .action(async (ids, options, command) => {
      refuseMixedChoice(command, ids, options);
      const { listLetters } = await operations();
      await listLetters(at(), ids, selectionOf(options), options, terminal);
    });

  group
    .command('show')
    .description('all that is known of one letter; it prints the record, which is customer data')
    .argument('<id>', 'its record id, or a part that no other letter has')
    .option(...CONSUMER)
    .option('--json', 'print JSON for scripts, with all bytes in base64', false)
    .action(async (id, options) => {
      const { showLetter } = await operations();
      await showLetter(at(), id, options, terminal);
    });

  choosing(group.command('replay').description('hand letters to their own consumer once more, nobody else'))
    .option(...EXECUTE)
    .option(...WHY)
    .option('--rate <n>', 'letters a second, at most (default: 10)', rate)
    .option('--max-age <duration>', 'leave records that are older (default: 80d)', duration)
    .option('--cap <n>', 'park a letter that failed so many replays (default: 3)', positiveInteger)
    .addOption(
      new Option('--resume <run>', 'go on with a run that was killed or interrupted').conflicts([
        'consumer',
        'since',
        'until',
      ]),
    )
    .option(...JSON_OPTION)
    .action(async (ids, options, command) => {
      refuseMixedChoice(command, ids, options);
      if (options.resume === undefined) needsReason(command, options);
      else if (ids.length > 0 || options.letterReason.length > 0) {
        command.error(
          'error: --resume goes on with what its run has chosen, and takes no other choice',
          USAGE,
        );
      }
      const { replayCommand } = await operations();
      exitWith(await replayCommand(at(), { ids, selection: selectionOf(options), ...options }, terminal));
    });

  choosing(group.command('discard').description('set letters aside for good; their rows stay'))
    .option(...EXECUTE)
    .option(...WHY)
    .option(...JSON_OPTION)
    .action(async (ids, options, command) => {
      refuseMixedChoice(command, ids, options);
      needsReason(command, options);
      if (options.execute && ids.length === 0 && isEverything(options)) {
        command.error(
          'error: discards what is named by id, or chosen by --consumer, --letter-reason, --since or --until, not everything',
          USAGE,
        );
      }
      const { discardCommand } = await operations();
      exitWith(await discardCommand(at(), { ids, selection: selectionOf(options), ...options }, terminal));
    });

  group
    .command('runs')
    .description('who replayed or discarded what, when and why')
    .option(...JSON_OPTION)
    .action(async (options) => {
      const { listRuns } = await operations();
      await listRuns(at(), options, terminal);
    });
}

const USAGE = { exitCode: 2 };

function choosing(command: Command) {
  return command
    .argument(...IDS)
    .option(...CONSUMER)
    .option(
      '--letter-reason <reason>',
      'letters given up for this; may come several times',
      letterReasons,
      [],
    )
    .option('--since <time>', 'given up last at this time or later; 2h is two hours ago', moment)
    .option('--until <time>', 'given up last at this time or before', moment);
}

interface Choosing {
  readonly consumer?: string | undefined;
  readonly letterReason: readonly LetterReason[];
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

function selectionOf({ consumer, letterReason: reasons, since, until }: Choosing): Selection {
  return { consumer, reasons, since, until };
}

function refuseMixedChoice(command: Command, ids: readonly string[], options: Choosing): void {
  const { letterReason, since, until } = options;
  if (ids.length === 0 || (letterReason.length === 0 && since === undefined && until === undefined)) return;
  command.error('error: letters are chosen by their ids, or by --letter-reason, --since and --until', USAGE);
}

function isEverything({ consumer, letterReason, since, until }: Choosing): boolean {
  return [consumer, since, until].every((one) => one === undefined) && letterReason.length === 0;
}

function needsReason(
  command: Command,
  { execute, reason }: { readonly execute: boolean; readonly reason?: string | undefined },
): void {
  if (!execute || (reason !== undefined && reason.trim() !== '')) return;
  command.error('error: --execute needs --reason "why": it is written down', USAGE);
}

/** Takes one more reason of an option that may come several times. */
function letterReasons(text: string, before: readonly LetterReason[]): readonly LetterReason[] {
  return [...before, oneOf(LETTER_REASONS, text)];
}

/** Takes one more status of an option that may come several times. */
function letterStatuses(text: string, before: readonly LetterStatus[]): readonly LetterStatus[] {
  return [...before, oneOf(LETTER_STATUSES, text.toUpperCase())];
}

/** Milliseconds. */
function duration(text: string): number {
  const milliseconds = durationMs(text);
  if (milliseconds !== undefined) return milliseconds;
  throw new InvalidArgumentError('It has to be a duration as 90s, 15m, 2h or 7d.');
}

function oneOf<const T extends readonly string[]>(choices: T, text: string): T[number] {
  const choice = choices.find((one) => one === text);
  if (choice !== undefined) return choice;
  throw new InvalidArgumentError(`It has to be one of ${choices.join(', ')}.`);
}
