import { type Command, Option } from 'commander';
import { type CommandContext, contextValue, JSON_OPTION, localOnly } from '../local/cli/options.ts';
import { table } from '../local/cli/terminal.ts';
import { byHandCommands } from './by-hand/commands.ts';

/** `orderly lab`: the log, by hand and by experiment. */
export function labCommands(program: Command, context: CommandContext): void {
  const { projectDir, terminal, exitWith } = context;
  const lab = localOnly(
    program.command('lab').description('see how a log behaves, on real brokers'),
    'it starts brokers of its own, and kills them',
  );

  byHandCommands(lab, context);

  lab
    .command('list')
    .description('every experiment, and the question that it answers')
    .option(...JSON_OPTION)
    .action(async ({ json }) => {
      // Not at the top: experiments bring clients along that no other command should load.
      const { EXPERIMENTS } = await import('./experiments/all.ts');
      const listed = EXPERIMENTS.map(({ name, question, settings }) => ({ name, question, settings }));
      if (json) terminal.out(JSON.stringify(listed));
      else
        terminal.out(table([['experiment', 'question'], ...listed.map((one) => [one.name, one.question])]));
    });

  lab
    .command('run')
    .description('run an experiment, or all')
    .argument('<name>', 'of an experiment, as lab list has it; or all')
    .option('--set <key=value>', 'with another setting; may come several times', contextValue, {})
    .addOption(new Option('--pause', 'ask for a guess before it runs').default(false).conflicts('json'))
    .option('--svg <file>', 'draw a time line of it into this file; of all, a file each into this folder')
    .option('--json', 'print every event as a line of JSON, and then what was seen', false)
    .action(async (name, options) => {
      const { labRun } = await import('./run-command.ts');
      exitWith(await labRun(projectDir, name, options, terminal));
    });
}
