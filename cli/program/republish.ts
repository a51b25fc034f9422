import type { Command } from 'commander';
import { interruption } from '../../local/cli/interruption.ts';
import { type CommandContext, JSON_OPTION } from '../../local/cli/options.ts';
import { moment, orderId, rate } from './options.ts';

const USAGE = { exitCode: 2 };

/** `orderly republish` */
export function republishCommand(program: Command, { at, terminal, exitWith }: CommandContext): void {
  program
    .command('republish')
    .description('after a lost topic: put the events that orders keep into the outbox again')
    .argument('[orderIds...]', 'orders by their ids, whenever they were placed', orderIds, [])
    .option('--since <time>', 'orders placed at this time or later (default: 7d, what a topic keeps)', moment)
    .option('--until <time>', 'orders placed at this time or before', moment)
    .option('--execute', 'do it; without it the events are counted and nothing is written', false)
    .option('--rate <n>', 'events a second, at most', rate, 100)
    .option(...JSON_OPTION)
    .action(async (ids, options, command) => {
      const { since, until, ...rest } = options;
      if (ids.length > 0 && (since !== undefined || until !== undefined)) {
        command.error('error: orders are chosen by their ids, or by --since and --until', USAGE);
      }
      const { republishOrders } = await import('../commands/republish.ts');
      const selection =
        ids.length > 0
          ? { kind: 'named' as const, orderIds: ids }
          : { kind: 'placed' as const, since: since ?? moment('7d'), until };
      const signal = interruption(terminal.progress);
      exitWith(await republishOrders(at(), { ...rest, selection }, terminal, signal));
    });
}

function orderIds(text: string, before: readonly string[]): readonly string[] {
  return [...before, orderId(text)];
}
