import { z } from 'zod';

/** Kills, with SIGKILL, every environment of a function that is given a certain record. */
export interface CrashLoop {
  /** Whatever made it crash is mended. */
  mend(): void;
  /** Environments killed so far. */
  killed(): number;
  /** To be told of every invocation as it begins. */
  onInvocation(functionName: string, requestId: string, pid: number, event: string): void;
}

const KafkaEvent = z.object({
  records: z.record(z.string(), z.array(z.object({ value: z.string().nullish() }))),
});

/** A crash loop of the function that `isVictim` names, over the records whose value has `marker` in it. */
export function crashLoop(isVictim: (functionName: string) => boolean, marker: string): CrashLoop {
  let [mended, killed] = [false, 0];
  return {
    mend() {
      mended = true;
    },
    killed: () => killed,
    onInvocation(functionName, _requestId, pid, event) {
      if (mended || !isVictim(functionName) || !mentions(event, marker)) return;
      process.kill(pid, 'SIGKILL');
      killed++;
    },
  };
}

function mentions(event: string, marker: string): boolean {
  const { success, data } = KafkaEvent.safeParse(JSON.parse(event));
  if (!success) return false;
  return Object.values(data.records)
    .flat()
    .some(({ value }) => Buffer.from(value ?? '', 'base64').includes(marker));
}
