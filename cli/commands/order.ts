import { randomUUID } from 'node:crypto';
import { type AppAddress, appAt } from '../../local/cli/app.ts';
import type { Terminal } from '../../local/cli/terminal.ts';
import { checkoutApi } from '../api.ts';
import { checkoutClient, inFlight } from '../checkout-client.ts';
import { sampleOrder } from '../sample-orders.ts';

export interface OrderOptions {
  readonly count: number;
  readonly json: boolean;
}

/** `orderly order`: places one or many sample orders through the checkout API and prints their ids. */
export async function order(at: AppAddress, options: OrderOptions, terminal: Terminal): Promise<void> {
  const checkout = checkoutClient(checkoutApi(await appAt(at)));
  const run = randomUUID();
  const orderIds: string[] = [];
  await inFlight(options.count, 20, async (n) => {
    const placed = await checkout.place(sampleOrder(n, Math.max(1, options.count)), `${run}-${n}`);
    orderIds.push(placed.orderId);
    if (!options.json) terminal.out(placed.orderId);
  });
  if (options.json) terminal.out(JSON.stringify({ orderIds }));
}
