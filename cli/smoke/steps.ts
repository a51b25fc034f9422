import { setTimeout as delay } from 'node:timers/promises';
import { LocalCloudError } from '../../local/errors.ts';

/** A part of the test: what it sees to, in one sentence, and how. It throws where it doesn't come to that. */
export interface Step {
  readonly name: string;
  run(): Promise<void>;
}

/** How a step ended; `why` says what was missing. */
export interface StepResult {
  readonly name: string;
  readonly ok: boolean;
  /** Milliseconds. */
  readonly ms: number;
  readonly why?: string;
}

/** Runs steps one after the other up to the first that fails, and tells of each as it ends. */
export async function runSteps(
  steps: readonly Step[],
  { signal, ended }: { readonly signal: AbortSignal; readonly ended: (result: StepResult) => void },
): Promise<readonly StepResult[]> {
  const results: StepResult[] = [];
  for (const step of steps) {
    if (signal.aborted) break;
    const result = await runStep(step);
    results.push(result);
    ended(result);
    if (!result.ok) break;
  }
  return results;
}

async function runStep({ name, run }: Step): Promise<StepResult> {
  const begin = performance.now();
  const ms = () => Math.round(performance.now() - begin);
  try {
    await run();
    return { name, ok: true, ms: ms() };
  } catch (error) {
    return { name, ok: false, ms: ms(), why: whyOf(error) };
  }
}

function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const remedy = error instanceof LocalCloudError ? error.remedy : [];
  return [error.message, ...remedy].join('\n');
}

/** What a step waits for is not there in time. */
export class Missing extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'Missing';
  }
}

export interface Patience {
  /** Milliseconds that something may take. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

const LOOK_EVERY_MS = 250;

/** Looks until nothing is missing; throws `Missing` with what still is when the time is over. */
export async function untilThere(
  missing: () => Promise<string | undefined>,
  { waitMs, signal }: Patience,
): Promise<void> {
  const end = performance.now() + waitMs;
  for (;;) {
    const what = await missing();
    if (what === undefined) return;
    if (performance.now() >= end) throw new Missing(what);
    await delay(LOOK_EVERY_MS, undefined, { signal });
  }
}
