import { Cron } from 'croner';
import type { ScheduleExpression } from '../resources/schedule.ts';

/** A schedule expression that can be evaluated here, or why it cannot. */
export type ReadExpression = { readonly expression: ScheduleExpression } | { readonly refused: string };

const UNIT_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

/**
 * Parses a schedule expression in UTC: `rate(…)` and `cron(…)`, and for `AWS::Scheduler::Schedule` `at(…)` too.
 *
 * Sources: "Rate expressions reference" and "Cron expressions reference" in the EventBridge user guide, "Schedule types"
 * in the EventBridge Scheduler user guide. That a rate's unit is singular for 1 and plural for more is documented for
 * rules alone.
 */
export function readExpression(text: string, service: 'events' | 'scheduler'): ReadExpression {
  const [, kind, inside = ''] = /^(rate|cron|at)\((.*)\)$/.exec(text) ?? [];
  switch (kind) {
    case 'rate':
      return readRate(inside, service);
    case 'cron':
      return readCron(inside);
    case 'at':
      return service === 'scheduler' ? readAt(inside) : refused(text, 'a rule knows rate and cron only');
    default:
      return refused(text, `it is neither ${service === 'events' ? '' : 'at(…), '}rate(…) nor cron(…)`);
  }
}

function refused(text: string, why: string): ReadExpression {
  return { refused: `the schedule expression cannot be used: ${text}: ${why}` };
}

function readRate(inside: string, service: 'events' | 'scheduler'): ReadExpression {
  const [, digits, unit, plural] = /^([1-9]\d{0,8}) (minute|hour|day)(s?)$/.exec(inside) ?? [];
  if (unit !== 'minute' && unit !== 'hour' && unit !== 'day') {
    return refused(`rate(${inside})`, 'a whole number from 1 and minutes, hours or days are needed');
  }
  if (service === 'events' && (digits === '1') !== (plural === '')) {
    return refused(`rate(${inside})`, 'the unit is singular for 1 and plural for more');
  }
  return { expression: { kind: 'rate', everyMs: Number(digits) * UNIT_MS[unit] } };
}

function readAt(inside: string): ReadExpression {
  const atMs = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(inside) ? Date.parse(`${inside}Z`) : Number.NaN;
  return Number.isNaN(atMs)
    ? refused(`at(${inside})`, 'a time like 2026-01-31T08:30:00 is needed')
    : { expression: { kind: 'at', atMs } };
}

/** First and last value of each of the six fields. */
const BOUNDS = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [1, 7],
  [1970, 2199],
] as const;
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

function readCron(inside: string): ReadExpression {
  const no = (why: string) => refused(`cron(${inside})`, why);
  const fields = inside.trim().toUpperCase().split(/\s+/);
  const [, , dayOfMonth, , dayOfWeek = '', year = ''] = fields;
  if (fields.length !== 6) return no('six fields are needed');
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) {
    return no('exactly one of day of month and day of week has to be ?');
  }
  if (fields.some((field) => !/^[*?\dA-Z,/#-]+$/.test(field))) return no('a field has an unknown character');
  if (/\/|[089]|#.*[,#]|,.*#/.test(dayOfWeek)) {
    return no('a day of week is 1 to 7 or SUN to SAT, without a step, and with one # at most');
  }
  if ((year.match(/(?<!\/)\d+/g) ?? []).some((digits) => Number(digits) < 1970 || Number(digits) > 2199)) {
    return no('a year lies between 1970 and 2199');
  }
  const pattern = ['0', ...fields.map(standardField)].join(' ');
  try {
    cronOf(pattern);
  } catch (error) {
    return no(error instanceof Error ? error.message : 'it cannot be evaluated');
  }
  return { expression: { kind: 'cron', pattern } };
}

/** A field in croner's spelling, with numbers instead of names. */
function standardField(field: string, at: number): string {
  const [first, last] = BOUNDS[at] ?? [0, 0];
  if (field === '?') return '*';
  // The last day of the week, when it stands alone; behind a day it is that day's last in the month.
  if (at === 4 && field === 'L') return String(last);
  const names = at === 3 ? MONTHS : at === 4 ? DAYS : [];
  return field
    .split(',')
    .map((part) => part.replace(/[A-Z]{3}/g, (name) => String(names.indexOf(name) + 1 || name)))
    .map((part) => part.replace(/^(\d+)\//, `$1-${last}/`))
    .map((part) => {
      const [, from, to] = /^(\d+)-(\d+)$/.exec(part) ?? [];
      // 20-2 is from 20 over midnight to 2.
      return Number(from) > Number(to) ? `${from}-${last},${first}-${to}` : part;
    })
    .join(',');
}

/**
 * A cron pattern at work, without a timer.
 *
 * @param pattern seven fields from seconds to years, Sunday being 1
 */
function cronOf(pattern: string): Cron {
  return new Cron(pattern, { mode: '7-part', alternativeWeekdays: true, timezone: 'UTC', paused: true });
}

/**
 * When a schedule runs next: the first time after `after`, or `undefined` if there is none. Both are epoch milliseconds.
 *
 * A rate counts from `since`, the time at which its schedule began; cron and at follow the clock of UTC.
 *
 *     rate    since ────┼──────┼──after──┼ next         what was missed is not made up for
 */
export function nextRun(
  expression: ScheduleExpression,
  { after, since }: { readonly after: number; readonly since: number },
): number | undefined {
  switch (expression.kind) {
    case 'rate': {
      const passed = Math.floor(Math.max(0, after - since) / expression.everyMs);
      return since + (passed + 1) * expression.everyMs;
    }
    case 'cron':
      return cronOf(expression.pattern).nextRun(new Date(after))?.getTime();
    case 'at':
      return expression.atMs > after ? expression.atMs : undefined;
  }
}
