import { type Command, Option } from 'commander';
import { interruption } from '../../local/cli/interruption.ts';
import { type CommandContext, localOnly, positiveInteger } from '../../local/cli/options.ts';
import { ORDERLY } from '../command-line.ts';

/** `orderly demo` */
export function demoCommand(program: Command, { projectDir, terminal, exitWith }: CommandContext): void {
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
      const { demo } = await import('./demo.ts');
      const { demoFaults } = await import('./faults.ts');
      const report = faults
        ? await demoFaults(projectDir, { ...options, orders: orders ?? 120 }, terminal, interrupted)
        : await demo(projectDir, { ...options, orders: orders ?? 300 }, terminal, interrupted);
      exitWith(report.exact);
    });
}
