/** `orderly lab run`: an experiment with its question, its picture, what was seen, and what to take away. */
import { join } from 'node:path';
import { interruption, unlessInterrupted } from '../local/cli/interruption.ts';
import { bold, duration, green, red, type Terminal, table } from '../local/cli/terminal.ts';
import type { LogEvent } from '../local/events/event.ts';
import { openSession } from './cluster/session.ts';
import type { Experiment, Outcome } from './experiment.ts';
import { EXPERIMENTS } from './experiments/all.ts';
import { sayLines } from './picture/lines.ts';
import { drawLive } from './picture/live.ts';
import { experimentNamed, runExperiment, valuesOf } from './run.ts';

export interface RunOptions {
  readonly set: Readonly<Record<string, string>>;
  /** Every event as a line of JSON, and at the end the outcome. */
  readonly json: boolean;
}

/** Runs one experiment, or all, and says whether every check held. */
export async function labRun(
  projectDir: string,
  name: string,
  { set, json }: RunOptions,
  terminal: Terminal,
): Promise<boolean> {
  const chosen = (name === 'all' ? EXPERIMENTS : [experimentNamed(name)]).map((experiment) => ({
    experiment,
    values: valuesOf(experiment, set),
  }));
  const interrupted = interruption(terminal.progress);
  let picture: Picture | undefined;
  const session = await openSession(join(projectDir, '.orderly', 'lab'), (text) => {
    if (picture === undefined) terminal.progress(text);
    else picture.progress(text);
  });
  const came: { readonly name: string; readonly well: boolean; readonly tookMs: number }[] = [];
  try {
    for (const { experiment, values } of chosen) {
      if (!json) terminal.out(`\n${bold(experiment.name)}  ${experiment.question}\n`);
      const began = performance.now();
      picture = pictureFor(json, terminal);
      const running = runExperiment(session, experiment, { values, listener: picture.hear });
      const outcome = await unlessInterrupted(running, interrupted)
        .catch((error: unknown) => {
          // One that could not be run to its end doesn't keep the others from it.
          if (name !== 'all' || interrupted.aborted) throw error;
          return { error: error instanceof Error ? error.message : String(error), checks: [] };
        })
        .finally(() => {
          picture?.end();
          picture = undefined;
        });
      const well = !('error' in outcome) && outcome.checks.every((check) => check.held);
      came.push({ name: experiment.name, well, tookMs: performance.now() - began });
      if (json) terminal.out(JSON.stringify({ experiment: experiment.name, ...outcome }));
      else if ('error' in outcome) terminal.error(`${red('error')} ${outcome.error}`);
      else terminal.out(describe(experiment, outcome));
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

interface Picture {
  hear(event: LogEvent): void;
  progress(text: string): void;
  end(): void;
}

function pictureFor(json: boolean, terminal: Terminal): Picture {
  const nothing = () => undefined;
  if (json) {
    return {
      hear: (event) => terminal.out(JSON.stringify(event)),
      progress: terminal.progress,
      end: nothing,
    };
  }
  if (process.stdout.isTTY) return drawLive(process.stdout);
  return { ...sayLines(terminal.out), progress: terminal.progress };
}

function describe(experiment: Experiment, { seen, checks }: Outcome): string {
  return [
    '',
    table([['seen', ''], ...Object.entries(seen)]),
    '',
    ...checks.map(({ says, held }) => `  ${held ? green('✓') : red('✗')} ${says}`),
    '',
    `  ${experiment.takeAway}`,
  ].join('\n');
}
