import { rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';

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
