import type { Command } from 'commander';
import { type CommandContext, JSON_OPTION, localOnly, time } from './options.ts';

/** `orderly schedule …` */
export function scheduleCommands(program: Command, { projectDir, terminal, exitWith }: CommandContext): void {
  const schedule = localOnly(
    program.command('schedule').description('what runs by the clock'),
    'on AWS schedules are rules of EventBridge, and a run at will is an invocation of their function',
  );
  schedule
    .command('list')
    .description('every schedule with its last and next run')
    .option(...JSON_OPTION)
    .action(async (options) => {
      const { listSchedules } = await import('../commands/schedule.ts');
      await listSchedules(projectDir, options, terminal);
    });
  schedule
    .command('run')
    .description('run a schedule now and wait for its functions')
    .argument('<name>', 'part of its construct path or logical id')
    .option('--at <time>', 'run it as at this time, in ISO 8601: 2026-03-02T00:15:00Z', time)
    .option(...JSON_OPTION)
    .action(async (name, options) => {
      const { runSchedule } = await import('../commands/schedule.ts');
      exitWith(await runSchedule(projectDir, name, options, terminal));
    });
}
