/** `orderly lab run`: a question, a guess, the picture of what happens, what was seen, and what to take away. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { interruption, unlessInterrupted } from '../local/cli/interruption.ts';
import { bold, duration, green, red, type Terminal, table } from '../local/cli/terminal.ts';
import { LocalCloudError } from '../local/errors.ts';
import type { LogEvent } from '../local/events/event.ts';
import { stopAll } from '../local/processes/guarded.ts';
import { openSession, type Session } from './cluster/session.ts';
import { LabError } from './errors.ts';
import type { Experiment, Outcome } from './experiment.ts';
import { EXPERIMENTS } from './experiments/all.ts';
import { type Picture, sayLines } from './picture/lines.ts';
import { drawLive } from './picture/live.ts';
import { drawTimeline } from './picture/timeline.ts';
import { experimentNamed, runExperiment, valuesOf } from './run.ts';

export interface RunOptions {
  readonly set: Readonly<Record<string, string>>;
  /** Every event as a line of JSON, and at the end of each experiment what came of it. */
  readonly json: boolean;
  /** Asks for a guess, and waits for it. */
  readonly pause: boolean;
  /** A file for the time line; of all experiments, a folder. @default - none is drawn */
  readonly svg?: string | undefined;
}

/** What came of an experiment: also that it couldn't be run to its end. */
type Result =
  | Outcome
  | {
      readonly error: { readonly code: string; readonly message: string; readonly remedy: readonly string[] };
    };

/**
 * Runs one experiment, or all, and says whether every check held.
 *
 * One that fails to run ends the command with its error; of all, it is told, and the others are run.
 */
export async function labRun(
  projectDir: string,
  name: string,
  { set, json, pause, svg }: RunOptions,
  terminal: Terminal,
): Promise<boolean> {
  const all = name === 'all';
  const chosen = (all ? EXPERIMENTS : [experimentNamed(name)]).map((experiment) => ({
    experiment,
    values: valuesOf(experiment, set),
  }));
  if (pause && !(process.stdin.isTTY && process.stdout.isTTY)) {
    throw new LabError('NO_TERMINAL', 'A guess can only be asked for in a terminal.', {
      remedy: ['Leave --pause away where input or output is a file or a pipe.'],
    });
  }

  const interrupted = interruption(terminal.progress);
  let picture: Picture | undefined;
  const session = await openSession(join(projectDir, '.orderly', 'lab'), (text) =>
    (picture?.progress ?? terminal.progress)(text),
  );
  /** What is not as the experiment is told. */
  const changed = Object.entries(set)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
  const came: { readonly name: string; readonly result: Result; readonly tookMs: number }[] = [];
  try {
    for (const { experiment, values } of chosen) {
      const { question, guess } = experiment;
      if (!json) terminal.out(`\n${bold(experiment.name)}  ${question}${changed && `  (with ${changed})`}\n`);
      const guessed = pause ? await askFor(guess.ask, interrupted) : undefined;
      interrupted.throwIfAborted();
      const began = performance.now();
      const events: LogEvent[] = [];
      const drawn = pictureFor(json, terminal);
      picture = drawn;
      const listener = (event: LogEvent) => {
        events.push(event);
        // What is told while all is put away belongs to no picture any more.
        if (picture === drawn) drawn.hear(event);
      };
      const running = runExperiment(session, experiment, { values, listener });
      const result: Result = await unlessInterrupted(running, interrupted)
        .catch((error: unknown) => {
          if (!all || interrupted.aborted) throw error;
          return { error: described(error) };
        })
        .finally(() => {
          drawn.end();
          picture = undefined;
        });
      came.push({ name: experiment.name, result, tookMs: performance.now() - began });
      if (json) terminal.out(JSON.stringify({ experiment: experiment.name, ...result }));
      else if ('error' in result) tellError(result.error, terminal);
      else terminal.out(describe(experiment, result, changed, guessed));
      if (svg !== undefined) {
        const file = all ? join(svg, `${experiment.name}.svg`) : svg;
        await writeTimeline(file, drawTimeline(events, question));
        terminal.progress(`the time line is in ${file}`);
      }
    }
  } finally {
    await ended(session, interrupted);
  }
  const well = came.filter(({ result }) => hasHeld(result)).length;
  if (all && !json) {
    terminal.out(`\n${table([['experiment', '', 'took'], ...came.map(summary)])}`);
    terminal.out(`\n${well} experiments passed, ${came.length - well} failed`);
  }
  return well === came.length;
}

/** Stops everything. Where somebody doesn't want to wait, also what is about to start, and the clients. */
async function ended(session: Session, interrupted: AbortSignal): Promise<void> {
  if (interrupted.aborted) await stopAll();
  await session.close();
}

/** How a run is shown: drawn on a terminal, told to a pipe, or as JSON to a script. */
function pictureFor(json: boolean, terminal: Terminal): Picture {
  if (json) {
    return {
      hear: (event) => terminal.out(JSON.stringify(event)),
      progress: terminal.progress,
      end: () => undefined,
    };
  }
  // A terminal that nobody has given a size has no room for a picture.
  return process.stdout.isTTY && process.stdout.columns > 0 ? drawLive(process.stdout) : sayLines(terminal);
}

/** Asks in the terminal; nothing where nobody answers (Ctrl-D). */
async function askFor(question: string, interrupted: AbortSignal): Promise<string> {
  const asking = createInterface({ input: process.stdin, output: process.stdout });
  // The terminal is in raw mode meanwhile, where Ctrl-C is a key like any other.
  asking.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const closed = new Promise<string>((resolve) => asking.once('close', () => resolve('')));
  try {
    return (
      await unlessInterrupted(Promise.race([asking.question(`  ${question} `), closed]), interrupted)
    ).trim();
  } finally {
    asking.close();
    process.stdout.write('\n');
  }
}

function describe(
  { guess, takeAway }: Experiment,
  { seen, answer, checks }: Outcome,
  changed: string,
  guessed?: string,
): string {
  const right =
    guessed !== undefined && (guessed === String(answer) || Number(guessed || Number.NaN) === answer);
  const compared = right
    ? `You guessed it: ${answer}.`
    : `You guessed ${guessed || 'nothing'}; it was ${bold(String(answer))}.`;
  return [
    '',
    table([['what was seen', ''], ...Object.entries(seen)]),
    '',
    ...checks.map(({ says, held }) => `  ${held ? green('✓') : red('✗')} ${says}`),
    '',
    `  ${guess.ask} ${guessed === undefined ? bold(String(answer)) : ''}`.trimEnd(),
    ...(guessed === undefined ? [] : [`  ${compared}`]),
    '',
    ...(changed !== '' && checks.some(({ held }) => !held)
      ? [`  With ${changed} it is another story, as each ✗ says. Without it:`]
      : []),
    ...wrapped(takeAway).map((line) => `  ${bold(line)}`),
  ].join('\n');
}

/** Lines of whole words, as long as the terminal is wide; in a pipe it is one. */
function wrapped(sentence: string): string[] {
  const room = (process.stdout.columns || Number.POSITIVE_INFINITY) - 2;
  const lines: string[] = [];
  for (const word of sentence.split(' ')) {
    const longer = `${lines.at(-1) ?? ''} ${word}`;
    if (lines.length > 0 && longer.length <= room) lines.splice(-1, 1, longer);
    else lines.push(word);
  }
  return lines;
}

const hasHeld = (result: Result): boolean => !('error' in result) && result.checks.every(({ held }) => held);

function summary({
  name,
  result,
  tookMs,
}: {
  readonly name: string;
  readonly result: Result;
  readonly tookMs: number;
}) {
  const broken =
    'error' in result ? result.error.code : result.checks.some(({ held }) => !held) && 'not held';
  return [name, broken ? red(`✗ ${broken}`) : green('✓ held'), duration(tookMs)];
}

function described(error: unknown) {
  return {
    code: error instanceof LocalCloudError ? String(error.code) : 'UNEXPECTED',
    message: error instanceof Error ? error.message : String(error),
    remedy: error instanceof LocalCloudError ? error.remedy : [],
  };
}

function tellError(error: ReturnType<typeof described>, terminal: Terminal): void {
  terminal.error(
    [`${red('error')} ${error.message} [${error.code}]`, ...error.remedy.map((line) => `  ${line}`)].join(
      '\n',
    ),
  );
}

/** @throws {LabError} `FILE_NOT_WRITTEN` */
async function writeTimeline(file: string, svg: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, svg);
  } catch (cause) {
    throw new LabError(
      'FILE_NOT_WRITTEN',
      `The time line can't be written to ${file}: ${described(cause).message}`,
      {
        remedy: ['Name another file after --svg.'],
        cause,
      },
    );
  }
}
