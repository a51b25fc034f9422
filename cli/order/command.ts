import { randomUUID } from 'node:crypto';
import { type Command, InvalidArgumentError } from 'commander';
import { type AppAddress, appAt } from '../../local/cli/app.ts';
import { type CommandContext, JSON_OPTION } from '../../local/cli/options.ts';
import type { Terminal } from '../../local/cli/terminal.ts';
import { workThrough } from '../work-through.ts';

/** Every one of them is mailed and shipped, and its id is kept until the last is placed: more is a slip of the finger. */
const MOST_ORDERS = 10_000;
const AT_ONCE = 20;

/** `orderly order` */
export function orderCommand(program: Command, { at, terminal }: CommandContext): void {
  program
    .command('order')
    .description('place sample orders through the HTTP API')
    .option('--count <n>', `how many, up to ${MOST_ORDERS}`, count, 1)
    .option(...JSON_OPTION)
    .action((options) => order(at(), options, terminal));
}

function count(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0 && value <= MOST_ORDERS) return value;
  throw new InvalidArgumentError(`It has to be a whole number from 1 to ${MOST_ORDERS}.`);
}

/** Places one or many sample orders through the checkout API and prints their ids. */
async function order(
  at: AppAddress,
  { count, json }: { readonly count: number; readonly json: boolean },
  terminal: Terminal,
): Promise<void> {
  const app = await appAt(at);
  const { checkoutApi, checkoutClient } = await import('./checkout-client.ts');
  const { sampleOrder } = await import('./sample-orders.ts');
  const checkout = checkoutClient(checkoutApi(app));
  const run = randomUUID();
  const orderIds: string[] = [];
  await workThrough(Array(count).keys(), AT_ONCE, async (n) => {
    const placed = await checkout.place(sampleOrder(n, count), `${run}-${n}`);
    orderIds.push(placed.orderId);
    if (!json) terminal.out(placed.orderId);
  });
  if (json) terminal.out(JSON.stringify({ orderIds }));
}
