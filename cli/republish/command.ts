import type { Command } from 'commander';
import { type AppAddress, appAt } from '../../local/cli/app.ts';
import { interruption } from '../../local/cli/interruption.ts';
import { type CommandContext, JSON_OPTION } from '../../local/cli/options.ts';
import { pacer, realTiming } from '../../local/cli/pacing.ts';
import { type Terminal, table } from '../../local/cli/terminal.ts';
import { moment, orderId, rate } from '../options.ts';
import type { Item, OrderSelection, Republished } from './republish.ts';

const USAGE = { exitCode: 2 };

/** `orderly republish` */
export function republishCommand(program: Command, { at, terminal, exitWith }: CommandContext): void {
  program
    .command('republish')
    .description('after a lost topic: put the events that orders keep into the outbox again')
    .argument('[orderIds...]', 'orders by their ids, whenever they were placed', orderIds, [])
    .option('--since <time>', 'orders placed at this time or later (default: 7d, what a topic keeps)', moment)
    .option('--until <time>', 'orders placed at this time or before', moment)
    .option('--execute', 'do it; without it the events are counted and nothing is written', false)
    .option('--rate <n>', 'events a second, at most', rate, 100)
    .option(...JSON_OPTION)
    .action(async (ids, options, command) => {
      const { since, until, ...rest } = options;
      if (ids.length > 0 && (since !== undefined || until !== undefined)) {
        command.error('error: orders are chosen by their ids, or by --since and --until', USAGE);
      }
      const selection =
        ids.length > 0
          ? { kind: 'named' as const, orderIds: ids }
          : { kind: 'placed' as const, since: since ?? moment('7d'), until };
      const signal = interruption(terminal.progress);
      exitWith(await republishOrders(at(), { ...rest, selection }, terminal, signal));
    });
}

function orderIds(text: string, before: readonly string[]): readonly string[] {
  return [...before, orderId(text)];
}

interface RepublishOptions {
  readonly selection: OrderSelection;
  readonly execute: boolean;
  /** Events a second, at most. */
  readonly rate: number;
  readonly json: boolean;
}

/** Consumers remember their effects for 90 days at least; ten of them are for clocks, and a run that takes long. */
const REMEMBERED_MS = 80 * 86_400_000;
const TELL_EVERY_MS = 1_000;

/**
 * Puts the events that orders keep into the outbox again, whose relay publishes them; without
 * `execute` it counts them.
 *
 * @returns whether every order chosen was there and its events could be used
 */
async function republishOrders(
  at: AppAddress,
  options: RepublishOptions,
  terminal: Terminal,
  interrupted: AbortSignal,
): Promise<boolean> {
  const { selection, execute, rate, json } = options;
  const app = await appAt(at);
  const tables = { orders: app.output('OrdersTable'), outbox: app.output('OutboxTable') };
  const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb');
  const { chosenOrders, republish } = await import('./republish.ts');
  const client = new DynamoDBClient(app.dynamodb);
  const missing = new Set<string>(selection.kind === 'named' ? selection.orderIds : []);
  try {
    const done = await republish(
      crossingOff(chosenOrders(client, tables.orders, selection), missing),
      {
        client,
        outbox: execute ? tables.outbox : undefined,
        rememberedSince: new Date(Date.now() - REMEMBERED_MS).toISOString(),
        pace: pacer(rate, realTiming),
        progress: everySecond(({ orders, written }) =>
          terminal.progress(execute ? `${orders} orders, ${written} events written` : `${orders} orders`),
        ),
      },
      interrupted,
    );
    // Of a run that was interrupted nobody knows.
    const notThere = interrupted.aborted ? [] : [...missing];
    const ended = interrupted.aborted ? 'interrupted' : 'finished';
    terminal.out(
      json
        ? JSON.stringify({ execute, ended, ...done, missing: notThere })
        : describeRepublished(done, notThere, execute),
    );
    if (interrupted.aborted) {
      terminal.progress('It was interrupted. The same command does it again from the beginning.');
      throw interrupted.reason;
    }
    return notThere.length === 0 && done.unreadable.length === 0;
  } finally {
    client.destroy();
  }
}

/** The same pages; orders that come by are no longer missing. */
async function* crossingOff(
  pages: AsyncIterable<readonly Item[]>,
  missing: Set<string>,
): AsyncGenerator<readonly Item[]> {
  for await (const page of pages) {
    for (const { orderId } of page) missing.delete(orderId?.S ?? '');
    yield page;
  }
}

/** What was found and done, as a person reads it. */
export function describeRepublished(done: Republished, missing: readonly string[], execute: boolean): string {
  const { orders, events, bytes, written, waiting, forgotten, unreadable } = done;
  const rows: (readonly (string | number)[])[] = [
    ['', 'found'],
    ['orders', orders],
    ['events of theirs', events],
    ['bytes of the events', bytes],
    ...(execute
      ? [
          ['events put into the outbox', written],
          ['events that were in it already', waiting],
        ]
      : []),
    ...(forgotten > 0 ? [['orders older than 80 days', forgotten]] : []),
    ...(missing.length > 0 ? [['orders that are not there', missing.length]] : []),
    ...(unreadable.length > 0 ? [['orders whose events can’t be used', unreadable.length]] : []),
  ];
  return [
    table(rows),
    ...missing.map((orderId) => `  not there: ${orderId}`),
    ...unreadable.map((orderId) => `  not usable: ${orderId}`),
    ...(forgotten > 0
      ? ['', '  Mails are remembered for 90 days: customers of older orders are written to once more.']
      : []),
    '',
    `  ${describeEnd(done, execute)}`,
  ].join('\n');
}

function describeEnd({ events }: Republished, execute: boolean): string {
  if (events === 0) return 'There is no event to put into the outbox.';
  return execute
    ? 'The relay publishes what is in the outbox: it is done when that is empty.'
    : 'Nothing was written. To put these events into the outbox: --execute';
}

/** Passes on one call a second. */
function everySecond<T>(tell: (value: T) => void): (value: T) => void {
  let last = Date.now();
  return (value) => {
    if (Date.now() - last < TELL_EVERY_MS) return;
    last = Date.now();
    tell(value);
  };
}
