import { type Command, InvalidArgumentError } from 'commander';
import { type RewindTarget, rewindTarget } from '../rewind/plan.ts';
import { type CommandContext, JSON_OPTION, localOnly } from './options.ts';

/** `orderly mapping …` */
export function mappingCommands(program: Command, { at, terminal }: CommandContext): void {
  const mapping = program.command('mapping').description('event source mappings, while the app runs');
  mapping
    .command('list')
    .description('every event source mapping with its state')
    .option(...JSON_OPTION)
    .action(async (options) => {
      const { listMappings } = await import('../commands/mapping.ts');
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
        const { switchMapping } = await import('../commands/mapping.ts');
        await switchMapping(at(), { name, enabled: verb === 'enable' }, options, terminal);
      });
  }
  localOnly(
    mapping.command('rewind'),
    'offsets are set at the brokers, which are reached from inside their VPC alone; docs/operations.md has the way',
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
      const { rewindMapping } = await import('../commands/rewind-mapping.ts');
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
