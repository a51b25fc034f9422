import type { PrefixHandler } from '../gateway/gateway.ts';
import type { InvocationResult, Invoke } from '../lambda/invocation.ts';
import type { ScheduleModel, ScheduleTarget } from '../resources/schedule.ts';
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

/** One firing of a schedule. */
interface Firing {
  /** The time it was meant for, in epoch milliseconds. */
  readonly at: number;
  /** A UUID of its own. */
  readonly id: string;
  readonly account: string;
  readonly region: string;
}

/**
 * The JSON that a target's function gets: the target's own input, or the scheduled event.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/event-reference.html
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
 */
function targetEvent(schedule: ScheduleModel, target: ScheduleTarget, firing: Firing): string {
  const time = new Date(firing.at).toISOString().replace(/\.\d+Z$/, 'Z');
  const isRule = schedule.kind === 'rule';
  if (target.input === undefined) {
    return JSON.stringify({
      version: '0',
      id: firing.id,
      'detail-type': 'Scheduled Event',
      source: isRule ? 'aws.events' : 'aws.scheduler',
      account: firing.account,
      time,
      region: firing.region,
      resources: [schedule.arn],
      // Seen on AWS, documented nowhere: Scheduler's own event has a text here.
      detail: isRule ? {} : '{}',
    });
  }
  if (isRule) return target.input;
  return target.input
    .replaceAll('<aws.scheduler.schedule-arn>', schedule.arn)
    .replaceAll('<aws.scheduler.scheduled-time>', time)
    .replaceAll('<aws.scheduler.execution-id>', firing.id)
    .replaceAll('<aws.scheduler.attempt-number>', '1');
}

/** What `POST /_millrace/schedules/<schedule>/run` answers; with another status than 200 the reason is in `message`. */
export type RunAnswer = { readonly results: readonly TargetResult[] } | { readonly message: string };

/**
 * Runs a schedule by hand: `POST /_millrace/schedules/<logical id or construct path, percent-encoded>/run`, answered when
 * its functions have ended; `?at=<ISO 8601>` is another time for their event to tell. The gateway has kept other sites'
 * pages out by then.
 */
export function scheduleRunHandler(schedules: Pick<Schedules, 'runNow'>): PrefixHandler {
  const prefix = '/_millrace/schedules';
  return {
    prefix,
    async handle(request, response) {
      const answer = (status: number, body: RunAnswer): void => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      };
      const [path = '', query] = (request.url ?? '').split('?');
      const name = nameIn(path.slice(prefix.length));
      if (name === undefined) return answer(404, { message: 'Not Found' });
      if (request.method !== 'POST') return answer(405, { message: 'Method Not Allowed' });
      const at = timeIn(query);
      if (Number.isNaN(at)) return answer(400, { message: 'at is no time' });

      const results = await schedules.runNow(name, at);
      if (results === 'unknown') return answer(404, { message: `there is no schedule ${name}` });
      if (results === 'ambiguous') {
        return answer(409, { message: `several stacks have a schedule ${name}: name its construct path` });
      }
      return answer(200, { results });
    },
  };
}

function timeIn(query: string | undefined): number | undefined {
  const at = new URLSearchParams(query).get('at');
  return at === null ? undefined : Date.parse(at);
}

function nameIn(path: string): string | undefined {
  const [, encoded] = /^\/([^/]+)\/run$/.exec(path) ?? [];
  try {
    return encoded === undefined ? undefined : decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
