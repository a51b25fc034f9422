import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

export interface GuardedOptions {
  readonly cwd?: string;
  /** The child's whole environment. Only names that a POSIX shell can hold as variables arrive. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /**
   * How the child's life ends, by `stop()` and by its parent's death alike: `kill` at once, or `term`: SIGTERM first, so
   * that it can save its state, and SIGKILL after 5 seconds.
   */
  readonly grace: 'kill' | 'term';
  /** Called for each line of output, without its line break; a line of more than 256 K characters comes in pieces. */
  readonly onOutput: (line: string, stream: 'stdout' | 'stderr') => void;
}

/** How a process ended: exactly one of the two is set. 127 is the shell's code for a command that was not found. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface GuardedProcess {
  readonly pid: number;
  /** Resolves when the process is gone, its group has been sent SIGKILL, and all of its output has been handed over. */
  readonly exited: Promise<Exit>;
  /** Ends the process and its group as `grace` says, and resolves when it is gone. Idempotent. */
  stop(): Promise<void>;
  /** Sends a signal to the process alone; does nothing when it is gone. */
  kill(signal: NodeJS.Signals): void;
}

const GRACE_SECONDS = 5;
/** A process that left the group may hold the output pipes open for ever; output is awaited this long. */
const OUTPUT_DRAIN_MS = 1000;

/*
 * The shell forks a guard and becomes the command itself, so the command's pid is the pid of its process group ($$).
 *
 *   parent node ──fd 3──> guard (reads, never gets a byte)        one process group
 *        └─────spawns───> command ──> its own children            (the guard is in it)
 *
 * When the parent is gone, however it went, the kernel closes its end of fd 3: `read` returns and the guard ends the
 * group. The command needs no cooperation for that, nor a free event loop. As the guard is itself in the group, the
 * group's id can't be given to a stranger while the guard lives.
 */
const waitForParent = `exec </dev/null >/dev/null 2>&1; trap '' TERM INT HUP; read -r _ <&3`;
const endings: Record<GuardedOptions['grace'], string> = {
  kill: 'kill -KILL -$$',
  term: `kill -TERM -$$; for second in ${'. '.repeat(GRACE_SECONDS)}; do kill -0 $$ || break; sleep 1; done; kill -KILL -$$`,
};
const script = (grace: GuardedOptions['grace']) => `(${waitForParent}; ${endings[grace]}) & exec 3<&- "$@"`;

/**
 * Starts a command that dies with this process in every way this process can die, SIGKILL included, even if the command
 * blocks its event loop; its children die with it unless they leave its process group.
 *
 * A command that isn't found exits with code 127. Throws if no process can be started at all.
 */
export function spawnGuarded(
  command: string,
  args: readonly string[],
  options: GuardedOptions,
): GuardedProcess {
  const child = spawn('/bin/sh', ['-c', script(options.grace), 'sh', command, ...args], {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const pid = child.pid;
  if (pid === undefined) {
    // Node tells the reason in an event, too late for this call; unheard, the event would end this process.
    child.once('error', () => undefined);
    throw new Error(`no process could be started for ${command} in ${options.cwd ?? process.cwd()}`);
  }

  let running = true;
  let groupEnded = false;
  const endGroup = () => {
    if (groupEnded) return;
    groupEnded = true;
    killGroup(pid);
  };
  const outputs = (['stdout', 'stderr'] as const).map(
    (name) => child[name] && followLines(child[name], (line) => options.onOutput(line, name)),
  );
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', async (code, signal) => {
      running = false;
      endGroup();
      const drained = new AbortController();
      await Promise.race([
        Promise.all(outputs),
        delay(OUTPUT_DRAIN_MS, undefined, { signal: drained.signal }).catch(() => undefined),
      ]);
      drained.abort();
      closePipes(child);
      alive.delete(guarded);
      resolve({ code, signal });
    });
  });

  const guarded: GuardedProcess = {
    pid,
    exited,
    kill(signal) {
      if (running) child.kill(signal);
    },
    async stop() {
      if (running && options.grace === 'kill') endGroup();
      if (running && options.grace === 'term') {
        child.kill('SIGTERM');
        // One that was stopped hears nothing else.
        child.kill('SIGCONT');
      }
      const deadline = setTimeout(endGroup, GRACE_SECONDS * 1000);
      await exited;
      clearTimeout(deadline);
    },
  };
  alive.add(guarded);
  return guarded;
}

/** Those that haven't exited yet. */
const alive = new Set<GuardedProcess>();

/** Ends all guarded processes of this one, also those that nobody has got hold of yet since they are still starting. */
export async function stopAll(): Promise<void> {
  await Promise.all([...alive].map((child) => child.stop()));
}

/** A group that is gone already is what was wanted; macOS says EPERM of one that has only zombies left. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

function closePipes(child: ChildProcess): void {
  for (const pipe of child.stdio) pipe?.destroy();
}

/** A longer line comes in pieces: whoever never breaks a line must not fill this process's memory. */
export const MAX_LINE_LENGTH = 256 * 1024;

/** A return at the very end may be the first half of a break whose second half is still to come. */
const BREAK = /\r\n|\n|\r(?!$)/;

/** Hands over the lines of a UTF-8 stream without their breaks; resolves when the stream is closed and all is handed over. */
export function followLines(stream: Readable, onLine: (line: string) => void): Promise<void> {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split(BREAK);
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
    while (rest.length > MAX_LINE_LENGTH) {
      onLine(rest.slice(0, MAX_LINE_LENGTH));
      rest = rest.slice(MAX_LINE_LENGTH);
    }
  });
  return new Promise((resolve) => {
    stream.once('close', () => {
      if (rest !== '') onLine(rest.replace(/\r$/, ''));
      resolve();
    });
  });
}

export interface Finished {
  readonly exit: Exit;
  /** Everything it wrote, by line, in the order of arrival. */
  readonly output: readonly string[];
}

/** Runs a short-lived command to its end; it dies with this process. A command that isn't found exits with code 127. */
export async function run(
  command: string,
  args: readonly string[],
  options: { readonly env: Readonly<Record<string, string | undefined>>; readonly cwd?: string },
): Promise<Finished> {
  const output: string[] = [];
  const child = spawnGuarded(command, args, {
    ...options,
    grace: 'kill',
    onOutput: (line) => output.push(line),
  });
  return { exit: await child.exited, output };
}
