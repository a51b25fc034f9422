import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { minorUnitDigits } from '../../functions/orders/money.ts';
import { type App, type AppAddress, appAt } from '../../local/cli/app.ts';
import { type CommandContext, JSON_OPTION } from '../../local/cli/options.ts';
import { type Terminal, table } from '../../local/cli/terminal.ts';
import { N, S } from '../attributes.ts';
import { ORDERLY } from '../command-line.ts';
import { workThrough } from '../work-through.ts';

const DAYS = 7;
const MOST_DAYS = 1_000;
const DAY_MS = 86_400_000;
const QUERIES_AT_ONCE = 10;

/** `orderly sales` */
export function salesCommand(program: Command, { at, terminal }: CommandContext): void {
  program
    .command('sales')
    .description('what was sold, by day of UTC and currency, as sales-service has counted it')
    .option('--from <day>', `the first day; ${DAYS} days up to the last one unless said otherwise`, day)
    .option('--to <day>', 'the last day; today unless said otherwise', day)
    .option(...JSON_OPTION)
    .action(async ({ from, to, json }, command) => {
      const days = daysFrom(from, to, new Date());
      if (typeof days === 'string') return command.error(`error: ${days}`, { exitCode: 2 });
      await sales(at(), days, json, terminal);
    });
}

function day(text: string): string {
  const midnight = new Date(`${text}T00:00:00Z`);
  if (
    /^\d{4}-\d\d-\d\d$/.test(text) &&
    !Number.isNaN(midnight.getTime()) &&
    dayOf(midnight.getTime()) === text
  )
    return text;
  throw new InvalidArgumentError('It has to be a day, like 2026-03-01.');
}

const dayOf = (epochMs: number) => new Date(epochMs).toISOString().slice(0, 10);

/** The days from one to another, both included; or why they can't be shown. */
export function daysFrom(
  from: string | undefined,
  to: string | undefined,
  now: Date,
): readonly string[] | string {
  const last = Date.parse(to ?? dayOf(now.getTime()));
  const first = from === undefined ? last - (DAYS - 1) * DAY_MS : Date.parse(from);
  const count = (last - first) / DAY_MS + 1;
  if (count < 1) return `${dayOf(first)} is after ${dayOf(last)}.`;
  if (count > MOST_DAYS) return `These are ${count} days; at most ${MOST_DAYS} are shown.`;
  return Array.from({ length: count }, (_, n) => dayOf(first + n * DAY_MS));
}

/** Prints the sums of the days on which something was sold or cancelled. */
async function sales(
  at: AppAddress,
  days: readonly string[],
  json: boolean,
  terminal: Terminal,
): Promise<void> {
  const sold = await soldOn(days, await appAt(at));
  if (json) {
    terminal.out(JSON.stringify({ from: days[0], to: days.at(-1), sales: sold }));
    return;
  }
  if (sold.length === 0) {
    terminal.out(
      `Nothing is counted from ${days[0]} to ${days.at(-1)}. ${ORDERLY} status says whether sales-service is behind.`,
    );
    return;
  }
  const header = ['day', 'currency', 'orders', 'items', 'revenue', 'cancellations', 'cancelled', 'net'];
  const rows = sold.map(({ day, currency, orders, items, revenue, cancellations, cancelled }) => {
    const amount = (minorUnits: number) => decimal(minorUnits, minorUnitDigits(currency));
    const net = amount(revenue - cancelled);
    return [day, currency, orders, items, amount(revenue), cancellations, amount(cancelled), net];
  });
  terminal.out(table([header, ...rows]));
}

/** `12.34` of 1234 and 2. */
export function decimal(minorUnits: number, digits: number): string {
  const whole = String(Math.abs(minorUnits)).padStart(digits + 1, '0');
  const sign = minorUnits < 0 ? '-' : '';
  return digits === 0 ? `${sign}${whole}` : `${sign}${whole.slice(0, -digits)}.${whole.slice(-digits)}`;
}

/** Sums of a day and currency; amounts in minor units. `revenue` is of all orders, `cancelled` of those that were. */
const Sums = z.object({ orders: N, items: N, revenue: N, cancellations: N, cancelled: N });

interface Sold extends z.infer<typeof Sums> {
  readonly day: string;
  readonly currency: string;
}

/** A part of a sum, as its row has it. */
const Part = Sums.extend({ part: S });

/** The sums of the days, oldest first. */
async function soldOn(days: readonly string[], app: App): Promise<Sold[]> {
  const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb');
  const client = new DynamoDBClient(app.dynamodb);
  const byDay = new Map<string, Sold[]>();
  try {
    await workThrough(days.values(), QUERIES_AT_ONCE, async (day) => {
      byDay.set(day, total(day, await partsOf(day, client, app.output('SalesTable'))));
    });
  } finally {
    client.destroy();
  }
  return days.flatMap((day) => byDay.get(day) ?? []);
}

async function partsOf(
  day: string,
  client: DynamoDBClient,
  tableName: string,
): Promise<readonly z.infer<typeof Part>[]> {
  const { paginateQuery } = await import('@aws-sdk/client-dynamodb');
  const pages = paginateQuery(
    { client },
    {
      TableName: tableName,
      KeyConditionExpression: '#key = :day',
      ExpressionAttributeNames: { '#key': 'key' },
      ExpressionAttributeValues: { ':day': { S: day } },
      ConsistentRead: true,
    },
  );
  const parts: z.infer<typeof Part>[] = [];
  for await (const { Items: items = [] } of pages) parts.push(...items.map((item) => Part.parse(item)));
  return parts;
}

/** The parts of a day's sums added up: a row's sort key is `<currency>#<part>`. */
function total(day: string, parts: readonly z.infer<typeof Part>[]): Sold[] {
  const byCurrency = Map.groupBy(parts, ({ part }) => part.slice(0, part.indexOf('#')));
  return [...byCurrency]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([currency, all]) => {
      const sum = (name: keyof z.infer<typeof Sums>) => all.reduce((so, one) => so + one[name], 0);
      return {
        day,
        currency,
        orders: sum('orders'),
        items: sum('items'),
        revenue: sum('revenue'),
        cancellations: sum('cancellations'),
        cancelled: sum('cancelled'),
      };
    });
}
