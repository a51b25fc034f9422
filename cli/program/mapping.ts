import type { Command } from 'commander';
import { type CommandContext, JSON_OPTION } from './options.ts';

/** `orderly mapping …` */
export function mappingCommands(program: Command, { projectDir, terminal }: CommandContext): void {
  const mapping = program.command('mapping').description('event source mappings, while the app runs');
  mapping
    .command('list')
    .description('every event source mapping with its state')
    .option(...JSON_OPTION)
    .action(async (options) => {
      const { listMappings } = await import('../commands/mapping.ts');
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
        const { switchMapping } = await import('../commands/mapping.ts');
        await switchMapping(projectDir, { name, enabled: verb === 'enable' }, options, terminal);
      });
  }
}
