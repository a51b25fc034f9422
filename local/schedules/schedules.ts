import type { InvocationResult, Invoke } from '../lambda/invocation.ts';
import type { ScheduleModel } from '../resources/schedule.ts';
import { targetEvent } from './event.ts';
import { nextRun } from './expression.ts';

/** The schedules of a local cloud. */
export interface Schedules {
  /** Lets them fire from now on: a rate counts from here. */
  start(): void;
  status(): readonly ScheduleStatus[];
  /**
   * Runs a schedule once, now, a disabled one too, and waits for its functions; nothing is retried.
   *
   * @param at the time that its event tells, in epoch milliseconds. @default the time it is
   */
  runNow(schedule: ScheduleName, at?: number): Promise<readonly TargetResult[] | 'unknown' | 'ambiguous'>;
  /** Fires no more. */
  stop(): void;
}

/** A logical id, or the construct path where several stacks have that id. */
type ScheduleName = string;

export interface ScheduleStatus {
  readonly logicalId: string;
  readonly path: string;
  /** `rate(5 minutes)` */
  readonly expression: string;
  readonly enabled: boolean;
  readonly functionNames: readonly string[];
  /** How often it has run since the start, by the clock and by hand. */
  readonly runs: number;
  /** ISO 8601; null: it has not run since the start. */
  readonly lastRun: string | null;
  /** ISO 8601; null: it won't run by itself. */
  readonly nextRun: string | null;
}

export interface TargetResult {
  readonly functionName: string;
  readonly outcome: InvocationResult['kind'];
  /** As Lambda names it; null unless the function failed. */
  readonly errorType: string | null;
  /** What the function answered, JSON as text; null: it was not invoked. */
  readonly payload: string | null;
}

export interface SchedulesPorts {
  /** Takes an asynchronous invocation. */
  readonly enqueue: (functionName: string, event: string) => void;
  readonly invoke: Invoke;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** A UUID. */
  readonly newId: () => string;
  readonly account: string;
  readonly region: string;
}

interface Entry {
  readonly schedule: ScheduleModel;
  runs: number;
  lastRun: number | undefined;
  next: number | undefined;
}

/** The clock may be set, and the machine may sleep: neither is seen by a timer, so the time is looked at this often. */
const LOOK_EVERY_MS = 30_000;

/**
 * Schedules at work. A time that is missed, say by a machine that sleeps, is made up for once, however many they were.
 *
 *     10:00      10:05      10:10      10:15      10:20
 *       fires      fires    (asleep ............)  fires once; next 10:25
 */
export function schedulesOf(schedules: readonly ScheduleModel[], ports: SchedulesPorts): Schedules {
  const entries = schedules.map(
    (schedule): Entry => ({ schedule, runs: 0, lastRun: undefined, next: undefined }),
  );
  let since = 0;
  let timer: NodeJS.Timeout | undefined;

  function plan(entry: Entry, after: number): void {
    const { enabled, expression } = entry.schedule;
    entry.next = enabled ? nextRun(expression, { after, since }) : undefined;
  }

  /** Counts a run, and gives the event of each of its targets. */
  function begin(entry: Entry, at: number, ranAt = at): { functionName: string; event: string }[] {
    const { schedule } = entry;
    entry.runs += 1;
    entry.lastRun = ranAt;
    const firing = { at, id: ports.newId(), account: ports.account, region: ports.region };
    return schedule.targets.map((target) => ({
      functionName: target.functionName,
      event: targetEvent(schedule, target, firing),
    }));
  }

  function fireDue(): void {
    const now = ports.clock();
    for (const entry of entries) {
      if (entry.next === undefined || entry.next > now) continue;
      for (const { functionName, event } of begin(entry, entry.next)) ports.enqueue(functionName, event);
      plan(entry, now);
    }
    const next = Math.min(...entries.map((entry) => entry.next ?? Number.POSITIVE_INFINITY));
    if (next === Number.POSITIVE_INFINITY) return;
    timer = setTimeout(fireDue, Math.min(LOOK_EVERY_MS, Math.max(0, next - now)));
    timer.unref();
  }

  return {
    start() {
      since = ports.clock();
      for (const entry of entries) plan(entry, since);
      fireDue();
    },
    status: () => entries.map(statusOf),
    async runNow(name, at) {
      const named = entries.filter(({ schedule }) => schedule.logicalId === name || schedule.path === name);
      const [entry] = named;
      if (entry === undefined) return 'unknown';
      if (named.length > 1) return 'ambiguous';
      const now = ports.clock();
      return Promise.all(
        begin(entry, at ?? now, now).map(async ({ functionName, event }) =>
          resultOf(functionName, await ports.invoke(functionName, event)),
        ),
      );
    },
    stop() {
      clearTimeout(timer);
    },
  };
}

function statusOf({ schedule, runs, lastRun, next }: Entry): ScheduleStatus {
  const { logicalId, path, text, enabled, targets } = schedule;
  return {
    logicalId,
    path,
    expression: text,
    enabled,
    functionNames: targets.map(({ functionName }) => functionName),
    runs,
    lastRun: iso(lastRun),
    nextRun: iso(next),
  };
}

function iso(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString();
}

function resultOf(functionName: string, result: InvocationResult): TargetResult {
  const errorType = result.kind === 'function-error' ? result.errorType : null;
  const payload = result.kind === 'throttled' ? null : Buffer.from(result.payload).toString();
  return { functionName, outcome: result.kind, errorType, payload };
}
