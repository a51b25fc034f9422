/** A program of lab/clients/ in a process of its own, as somebody has it in a terminal. */
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { LogEvent } from '../local/events/event.ts';
import { tryJson } from '../local/json.ts';
import { spawnGuarded } from '../local/processes/guarded.ts';
import { LabError } from './errors.ts';

export interface Client {
  /** What it told so far. */
  readonly events: readonly LogEvent[];
  readonly pid: number;
  /**
   * Waits for its end by itself.
   *
   * @param withinMs after which it is given up. @default - it may take for ever
   * @throws {LabError} `CLIENT_FAILED` with what it wrote last, unless its code is 0 or it died of the SIGKILL it was to die of;
   * `NOT_SEEN` if the time is up
   */
  ended(withinMs?: number): Promise<void>;
  /** Ctrl-C: it says goodbye to its group; who hasn't after 20 s is killed. */
  stop(): Promise<void>;
  /** SIGKILL: it says nothing to anybody. */
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT: as a long pause of its garbage collector, or a laptop that is shut. */
  freeze(): void;
  thaw(): void;
}

export interface Hearing {
  /** Hears each event, and that it was killed in the middle of a group. */
  readonly hear: (event: LogEvent) => void;
  /** Hears what else it writes, a line at a time, as a person reads it. @default - nobody */
  readonly complain?: (complaint: string) => void;
  /** What is run instead of the program of that name. @default - that of lab/clients/ */
  readonly file?: string | undefined;
  /** Over this process's environment: what is not for everybody's eyes, as a command line is. @default - nothing */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

const GOODBYE_MS = 20_000;

/** Starts a client; it dies with this process. Options as `{ topic: 'orders', 'from-beginning': true }`; with `false` one is left out. */
export function startClient(
  program: string,
  options: Readonly<Record<string, string | number | boolean>>,
  {
    hear,
    complain,
    file = fileURLToPath(new URL(`./clients/${program}.ts`, import.meta.url)),
    env = {},
  }: Hearing,
): Client {
  const events: LogEvent[] = [];
  const complaints: string[] = [];
  let killed = false;
  const memberships = new Map<string, string>();
  const child = spawnGuarded(process.execPath, [file, ...argumentsOf(options)], {
    env: { ...process.env, NODE_OPTIONS: undefined, ...env },
    grace: 'kill',
    onOutput(line, stream) {
      const event = stream === 'stdout' ? LogEvent.safeParse(tryJson(line)).data : undefined;
      if (event === undefined) {
        const complaint = complaintOf(line);
        if (complaint === undefined) return;
        complaints.push(complaint);
        complain?.(complaint);
        return;
      }
      if (event.type === 'assigned') memberships.set(event.group, event.member);
      if (event.type === 'left') memberships.delete(event.group);
      events.push(event);
      hear(event);
    },
  });
  const exited = child.exited.then((exit) => {
    for (const [group, member] of memberships) {
      hear({ type: 'left', at: Date.now(), group, member, how: 'killed' });
    }
    return exit;
  });
  return {
    events,
    pid: child.pid,
    async ended(withinMs) {
      const exit = await (withinMs === undefined
        ? exited
        : Promise.race([exited, delay(withinMs, undefined, { ref: false })]));
      if (exit === undefined) {
        throw new LabError(
          'NOT_SEEN',
          `the client ${program} didn't end within ${Number(withinMs) / 1000} s`,
          {
            remedy: ['With the settings that were given, does what it is to die of ever come?'],
          },
        );
      }
      const { code, signal } = exit;
      if (code === 0 || signal === 'SIGKILL' || killed) return;
      throw new LabError(
        'CLIENT_FAILED',
        [`the client ${program} failed (${signal ?? `code ${code}`}):`, ...complaints.slice(-12)].join(
          '\n  ',
        ),
      );
    },
    async stop() {
      child.kill('SIGINT');
      const late = setTimeout(() => child.kill('SIGKILL'), GOODBYE_MS);
      await exited;
      clearTimeout(late);
    },
    async kill() {
      killed = true;
      child.kill('SIGKILL');
      await exited;
    },
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
  };
}

function argumentsOf(options: Readonly<Record<string, string | number | boolean>>): string[] {
  return Object.entries(options)
    .filter(([, value]) => value !== false)
    .map(([name, value]) => (value === true ? `--${name}` : `--${name}=${value}`));
}

/** What a client printed for people, and what of a library's JSON is; the frames of a stack say nothing to them. */
function complaintOf(line: string): string | undefined {
  if (/^\s+at |^\s*$/.test(line)) return undefined;
  return Logged.safeParse(tryJson(line)).data?.message ?? line;
}

/** As kafkajs logs. */
const Logged = z.object({ message: z.string() });
