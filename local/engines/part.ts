import { setTimeout as delay } from 'node:timers/promises';
import { toRun } from '../command-line.ts';
import { LocalCloudError } from '../errors.ts';
import { spawnGuarded } from '../processes/guarded.ts';
import type { EnginePart, PartExit } from './engine.ts';

export interface PartCommand<Name extends string> {
  readonly part: Name;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: (part: Name, line: string) => void;
  /** Whether the part answers yet; asked again and again. */
  readonly isReady: () => Promise<boolean>;
}

export interface RunningPart<Name extends string = EnginePart> {
  readonly pid: number;
  /** Resolves when the part is gone, asked to or not. */
  readonly exited: Promise<PartExit<Name>>;
  /** Sends a signal to it; does nothing when it is gone. */
  kill(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 60_000;
const ASK_EVERY_MS = 25;
const TOLD_LINES = 20;

/**
 * Starts one process of an engine, or of what runs beside one, and resolves when it answers. Throws ENGINE_START_FAILED, with the last lines it
 * wrote, if it ends first or doesn't answer within a minute; it is gone then.
 */
export async function startPart<Name extends string>(command: PartCommand<Name>): Promise<RunningPart<Name>> {
  const lastOutput: string[] = [];
  const child = spawnGuarded(command.command, command.args, {
    cwd: command.cwd,
    env: command.env,
    grace: 'term',
    onOutput(line) {
      command.log(command.part, line);
      // Frames of a Java stack would push out what went wrong.
      if (/^\s+at /.test(line)) return;
      lastOutput.push(line);
      if (lastOutput.length > TOLD_LINES) lastOutput.shift();
    },
  });
  const exited = child.exited.then((exit): PartExit<Name> => ({ part: command.part, exit, lastOutput }));

  const ended = new AbortController();
  void exited.then(() => ended.abort());
  if (await answers(command.isReady, ended.signal)) {
    const { pid, kill, stop } = child;
    return { pid, exited, kill, stop };
  }

  const endedItself = ended.signal.aborted;
  await child.stop();
  const { code, signal } = await child.exited;
  const what = endedItself
    ? `ended while starting (${signal ?? `code ${code}`})`
    : 'did not answer within a minute';
  throw startFailed(command.part, what, lastOutput);
}

async function answers(isReady: () => Promise<boolean>, ended: AbortSignal): Promise<boolean> {
  const deadline = performance.now() + READY_WITHIN_MS;
  const gone = new Promise<false>((resolve) => {
    ended.addEventListener('abort', () => resolve(false));
  });
  while (!ended.aborted && performance.now() < deadline) {
    // Somebody else may be keeping the question on the part's port.
    if (await Promise.race([isReady(), gone])) return !ended.aborted;
    await delay(ASK_EVERY_MS, undefined, { signal: ended }).catch(() => undefined);
  }
  return false;
}

function startFailed(part: string, what: string, lastOutput: readonly string[]): LocalCloudError {
  const said = lastOutput.length === 0 ? ['It wrote nothing.'] : ['It wrote last:', ...lastOutput];
  return new LocalCloudError(
    'ENGINE_START_FAILED',
    [`${part} ${what}. ${said[0]}`, ...said.slice(1)].join('\n  '),
    {
      remedy: [`Read what it wrote; ${toRun('doctor')} tells what is installed.`],
      retriable: true,
    },
  );
}
