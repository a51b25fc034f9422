import { setTimeout as delay } from 'node:timers/promises';
import { workThrough } from '../../cli/work-through.ts';
import type { Exchange } from '../checker/observation.ts';
import type { Chance } from '../support/chance.ts';

/** People who order, and what they and their programs do to a checkout. */
export interface Shoppers {
  readonly exchanges: readonly Exchange[];
  /** How many have tried to order so far, one way or the other. */
  begun(): number;
  /** `count` people order, `atOnce` of them at the same time; resolves when the last has what they want or has given up. */
  order(count: number, atOnce: number): Promise<void>;
  /** People who order and do nothing else; answers their orders. */
  orderPlainly(count: number): Promise<readonly string[]>;
}

export interface ShoppersPorts {
  /** Where the checkout is now. */
  readonly api: () => string;
  readonly chance: Chance;
  /** SKU of the line that shipping doesn't survive, in one order. */
  readonly deadlySku: string | undefined;
}

const PATIENCE_MS = 120_000;
const REQUEST_TIMEOUT_MS = 15_000;
const AT_ONCE = 5;
/** Slow enough for incidents to happen among the orders. */
const THINKING_MS = 1_200;

/** Each customer orders once: asks again when no answer comes, twice at once, for other things, or changes their mind. */
export function shoppers({ api, chance, deadlySku }: ShoppersPorts): Shoppers {
  const exchanges: Exchange[] = [];
  let begun = 0;

  async function ask(wanted: Wanted): Promise<Exchange> {
    const { kind, customerId, content, orderId } = wanted;
    const answer = await request(api(), wanted);
    const exchange = {
      kind,
      customerId,
      content,
      status: answer?.status,
      orderId: orderId ?? answer?.orderId,
      answer: answer?.body,
    };
    exchanges.push(exchange);
    return exchange;
  }

  /** As a client does that doesn't give up: what was not answered is asked again, under the same key. */
  async function untilAnswered(wanted: Wanted): Promise<Exchange> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const exchange = await ask(wanted);
      if ((exchange.status !== undefined && exchange.status < 500) || performance.now() > deadline)
        return exchange;
      await delay(chance.int(50, 500));
    }
  }

  async function shop(n: number, isDeadly: boolean): Promise<void> {
    const order = orderOf(n, chance, isDeadly ? deadlySku : undefined);
    const placement = placementOf(n, order);
    await delay(chance.int(0, THINKING_MS));
    const aside: Promise<unknown>[] = [];
    if (chance.hits(0.1)) aside.push(ask(placementOf(n, { ...order, currency: 'no currency' })));
    if (chance.hits(0.1)) aside.push(ask({ ...placement, damage: 'key joined' }));
    if (chance.hits(0.1)) aside.push(ask({ ...placement, damage: 'not UTF-8' }));
    if (chance.hits(0.2)) aside.push(untilAnswered(placement));
    if (chance.hits(0.1))
      aside.push(ask(placementOf(n, { ...order, email: `canary-other-${n}@example.com` })));
    // Some never ask again, and so never know.
    const placed = chance.hits(0.1) ? await ask(placement) : await untilAnswered(placement);
    if (chance.hits(0.1)) aside.push(untilAnswered(placement));
    const { orderId } = placed;
    if (orderId !== undefined && chance.hits(0.3)) {
      await delay(chance.hits(0.5) ? 0 : chance.int(0, 3_000));
      const cancellation: Wanted = { kind: 'cancel', customerId: placement.customerId, content: '', orderId };
      if (chance.hits(0.3)) aside.push(untilAnswered(cancellation));
      await untilAnswered(cancellation);
    }
    await Promise.all(aside);
  }

  return {
    exchanges,
    begun: () => begun,
    async order(count, atOnce) {
      const deadlyOne = chance.int(Math.floor(count / 4), Math.floor(count / 2));
      await workThrough(Array(count).keys(), atOnce, async (index) => {
        begun += 1;
        await shop(begun, index === deadlyOne);
      });
    },
    async orderPlainly(count) {
      const orderIds: string[] = [];
      await workThrough(Array(count).keys(), AT_ONCE, async () => {
        begun += 1;
        const { orderId } = await untilAnswered(placementOf(begun, orderOf(begun, chance, undefined)));
        if (orderId !== undefined) orderIds.push(orderId);
      });
      return orderIds;
    },
  };
}

type Wanted = Pick<Exchange, 'kind' | 'customerId' | 'content'> & {
  readonly orderId?: string;
  /** What a proxy made of the request: its key sent twice and joined, or its letters in another encoding. */
  readonly damage?: 'key joined' | 'not UTF-8';
};

function placementOf(n: number, order: Readonly<Record<string, unknown>>): Wanted {
  return { kind: 'place', customerId: `customer-${n}`, content: JSON.stringify(order) };
}

/** The answer, if there is one. Nobody behind the address is no answer either. */
async function request(
  api: string,
  { kind, customerId, content, orderId, damage }: Wanted,
): Promise<
  (Pick<Exchange, 'orderId'> & { readonly status: number; readonly body: string | undefined }) | undefined
> {
  const path = kind === 'place' ? '/orders' : `/orders/${orderId}/cancel`;
  const key = `key of ${customerId}`.replaceAll(' ', '-');
  try {
    const response = await fetch(new URL(path, api), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': damage === 'key joined' ? `${key},${key}` : key,
      },
      ...(kind === 'place' && {
        body: damage === 'not UTF-8' ? Buffer.from(content.replace('Name', 'Näme'), 'latin1') : content,
      }),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    const body = await response.text();
    const { orderId }: { orderId?: string } = JSON.parse(body);
    const { status, ok } = response;
    return { status, orderId: ok ? orderId : undefined, body: ok ? body : undefined };
  } catch {
    return undefined;
  }
}

/** An order with a canary in each place where a customer's data stands; some are large. */
function orderOf(n: number, chance: Chance, sku: string | undefined): Readonly<Record<string, unknown>> {
  const count = chance.hits(0.05) ? 100 : chance.int(1, 3);
  return {
    customerId: `customer-${n}`,
    email: `canary-${n}@example.com`,
    shippingAddress: {
      name: `Canary Name ${n}`,
      line1: `Canary Street ${n}`,
      city: 'Canary City',
      ...chance.pick([
        { postalCode: '12345', country: 'DE' },
        { postalCode: '123-4567', country: 'JP' },
        { country: 'HK' },
      ]),
    },
    currency: chance.pick(['EUR', 'JPY', 'USD']),
    lines: Array.from({ length: count }, (_, line) => ({
      sku: line === 0 && sku !== undefined ? sku : `SKU-${line}`,
      name: chance.hits(0.5) ? 'Tea' : `Canary Article ${'x'.repeat(chance.int(0, 100))}`,
      quantity: chance.int(1, 9),
      unitPrice: chance.int(0, 10_000),
    })),
  };
}
