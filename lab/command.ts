import { join } from 'node:path';
import type { Command } from 'commander';
import { interruption, unlessInterrupted } from '../local/cli/interruption.ts';
import { type CommandContext, contextValue, JSON_OPTION, localOnly } from '../local/cli/options.ts';
import { bold, duration, green, red, type Terminal, table } from '../local/cli/terminal.ts';
import { EXPERIMENTS } from './experiments/all.ts';

/** `orderly lab`: the log, by hand and by experiment. */
export function labCommands(program: Command, { projectDir, terminal, exitWith }: CommandContext): void {
  const lab = localOnly(
    program.command('lab').description('see how a log behaves, on real brokers'),
    'it starts brokers of its own, and kills them',
  );

  lab
    .command('list')
    .description('every experiment, and the question that it answers')
    .option(...JSON_OPTION)
    .action(({ json }) => {
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
    .option(...JSON_OPTION)
    .action(async (name, options) => {
      exitWith(await runNamed(projectDir, name, options, terminal));
    });
}

async function runNamed(
  projectDir: string,
  name: string,
  { set, json }: { readonly set: Readonly<Record<string, string>>; readonly json: boolean },
  terminal: Terminal,
): Promise<boolean> {
  const { experimentNamed, runExperiment, valuesOf } = await import('./run.ts');
  const { openSession } = await import('./cluster/session.ts');
  const chosen = (name === 'all' ? EXPERIMENTS : [experimentNamed(name)]).map((experiment) => ({
    experiment,
    values: valuesOf(experiment, set),
  }));
  const interrupted = interruption(terminal.progress);
  const session = await openSession(join(projectDir, '.orderly', 'lab'), terminal.progress);
  const came: { readonly name: string; readonly well: boolean; readonly tookMs: number }[] = [];
  try {
    for (const { experiment, values } of chosen) {
      if (!json) terminal.out(`\n${bold(experiment.name)}  ${experiment.question}`);
      const began = performance.now();
      const running = runExperiment(session, experiment, {
        values,
        listener: (event) => {
          if (json || event.type === 'step') terminal.out(JSON.stringify(event));
        },
      });
      const outcome = await unlessInterrupted(running, interrupted).catch((error: unknown) => {
        // One that could not be run to its end doesn't keep the others from it.
        if (name !== 'all' || interrupted.aborted) throw error;
        return { error: error instanceof Error ? error.message : String(error), checks: [] };
      });
      const well = !('error' in outcome) && outcome.checks.every((check) => check.held);
      came.push({ name: experiment.name, well, tookMs: performance.now() - began });
      if (json) terminal.out(JSON.stringify({ experiment: experiment.name, ...outcome }));
      else if ('error' in outcome) terminal.error(`${red('error')} ${outcome.error}`);
      else {
        terminal.out(table([['seen', ''], ...Object.entries(outcome.seen)]));
        for (const check of outcome.checks) {
          terminal.out(`  ${check.held ? green('✓') : red('✗')} ${check.says}`);
        }
        terminal.out(`  ${experiment.takeAway}`);
      }
    }
    if (!json && name === 'all') {
      const lines = came.map((one) => [one.name, one.well ? '✓' : '✗', duration(one.tookMs)]);
      terminal.out(`\n${table([['experiment', '', 'took'], ...lines])}`);
      const passed = came.filter((one) => one.well).length;
      terminal.out(`\n${passed} experiments passed, ${came.length - passed} failed`);
    }
    return came.every((one) => one.well);
  } finally {
    await session.close();
  }
}
