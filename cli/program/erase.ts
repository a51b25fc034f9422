import type { Command } from 'commander';
import { interruption } from '../../local/cli/interruption.ts';
import { type CommandContext, JSON_OPTION } from '../../local/cli/options.ts';

/** `orderly erase` */
export function eraseCommand(program: Command, { at, terminal, exitWith }: CommandContext): void {
  program
    .command('erase')
    .description('delete what the tables hold of a customer: orders, shipments, dead letters')
    .argument('<customerId>', 'as orders name it')
    .option('--execute', 'do it; without it nothing is deleted', false)
    .option(...JSON_OPTION)
    .action(async (customerId, options) => {
      const { erase } = await import('../commands/erase.ts');
      exitWith(await erase(at(), customerId, options, terminal, interruption(terminal.progress)));
    });
}
