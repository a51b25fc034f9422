/** What the demo breaks on purpose: a process once, a process for a while, the mail provider. */
import { rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';
import { type AwsProxy, type Fate, PASS, startAwsProxy } from '../faults/aws-proxy.ts';

/** Kills one environment of a function with SIGKILL, in the middle of an invocation. */
export interface EnvironmentKiller {
  /** From now on the next invocation of the function is the victim. */
  arm(): void;
  /** How many environments were killed: 0 or 1. */
  killed(): number;
  /** To be told of every invocation as it begins. */
  onInvocation(functionName: string, requestId: string, pid: number): void;
}

/** A killer for the function that `isVictim` names. */
export function environmentKiller(isVictim: (functionName: string) => boolean): EnvironmentKiller {
  let [armed, killed] = [false, 0];
  return {
    arm() {
      armed = killed === 0;
    },
    killed: () => killed,
    onInvocation(functionName, _requestId, pid) {
      if (!armed || !isVictim(functionName)) return;
      armed = false;
      process.kill(pid, 'SIGKILL');
      killed++;
    },
  };
}

/** A record that a function's process doesn't survive, however often it gets it. */
export interface CrashLoop {
  /** What the function's environment needs for that. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whatever made it crash is mended. */
  mend(): void;
  /** Invocations, before it was mended, that brought the record alone. */
  alone(): number;
  /** To be told of every invocation as it begins. */
  onInvocation(functionName: string, requestId: string, pid: number, event: string): void;
}

const KafkaEvent = z.object({
  records: z.record(z.string(), z.array(z.object({ value: z.string().nullish() }))),
});

/**
 * A crash loop of the function that `isVictim` names, over the record whose value has `text` in it; `file` exists while it
 * lasts.
 */
export function crashLoop(
  isVictim: (functionName: string) => boolean,
  text: string,
  file: string,
): CrashLoop {
  let [mended, alone] = [false, 0];
  writeFileSync(file, '');
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  const preload = fileURLToPath(new URL(`./crash-on-text${extension}`, import.meta.url));
  return {
    environment: {
      NODE_OPTIONS: `--import ${pathToFileURL(preload)}`,
      CRASH_ON_TEXT: text,
      CRASH_WHILE: file,
    },
    mend() {
      mended = true;
      rmSync(file, { force: true });
    },
    alone: () => alone,
    onInvocation(functionName, _requestId, _pid, event) {
      if (!mended && isVictim(functionName) && isOnly(event, text)) alone++;
    },
  };
}

/** Whether the event has one record, and that has the text in it. */
function isOnly(event: string, text: string): boolean {
  const { success, data } = KafkaEvent.safeParse(JSON.parse(event));
  if (!success) return false;
  const [record, ...others] = Object.values(data.records).flat();
  return others.length === 0 && Buffer.from(record?.value ?? '', 'base64').includes(text);
}

/** The mail provider as the email function reaches it, in good days and bad. */
export interface MailProvider {
  readonly url: string;
  /** From now on every mail takes half a second, or is answered `503`, or goes out at once. */
  become(mood: 'slow' | 'down' | 'well'): void;
  stop(): Promise<void>;
}

const SLOW: Fate = { kind: 'slow', ms: 500 };
const DOWN: Fate = { kind: 'answer', status: 503, type: 'ServiceUnavailable' };

/** A provider in front of the engine's SES; `target` is asked for the engine's address with every mail. */
export async function mailProvider(target: () => string): Promise<MailProvider> {
  let fate = PASS;
  const { url, stop }: AwsProxy = await startAwsProxy(target, () => fate);
  return {
    url,
    become(mood) {
      fate = { slow: SLOW, down: DOWN, well: PASS }[mood];
    },
    stop,
  };
}
