import { z } from 'zod';
import type { Chance } from '../support/chance.ts';
import type { Faults } from './faults.ts';
import type { History, ShopperRequest } from './history.ts';
import type { LambdaHost } from './lambda.ts';
import type { Scenario } from './scenario.ts';
import type { Scheduler } from './scheduler.ts';

export interface ShopperPorts {
  readonly clock: Scheduler;
  readonly random: Chance;
  readonly gateway: Gateway;
}

const RETRIES = 12;

/**
 * People who order, and what they and their programs do to a checkout: ask again when no answer comes, ask twice at once,
 * ask for other things under the same key, change their minds.
 */
export function startShoppers(
  { shoppers, duration, deadly, largeOrders }: Scenario,
  ports: ShopperPorts,
): void {
  for (let n = 1; n <= shoppers; n += 1) {
    // A placement that is given up is the way for a cancellation to come first.
    const isFickle = deadly.some(({ shopper }) => shopper === n);
    ports.clock.after(
      ports.random.int(0, duration),
      () => void shop(n, isFickle ? 0.9 : 0.4, largeOrders, ports),
    );
  }
}

async function shop(n: number, fickleness: number, largeOrders: number, ports: ShopperPorts): Promise<void> {
  const { random, gateway } = ports;
  const placement = {
    kind: 'place',
    customerId: `customer-${n}`,
    idempotencyKey: `key-${n}`,
    body: orderBody(n, random.hits(largeOrders), random),
  } as const;
  const again = () => untilAnswered(() => gateway.ask(placement), ports);
  if (random.hits(0.1)) void gateway.ask({ ...placement, body: placement.body.replace('"email"', '"mail"') });
  // A proxy between them sends the key twice, and the gateway joins it.
  if (random.hits(0.1)) void gateway.ask({ ...placement, idempotencyKey: `key-${n},key-${n}` });
  const twin = random.hits(0.3) ? again() : undefined;
  if (random.hits(0.1))
    void gateway.ask({ ...placement, body: orderBody(n, random.hits(largeOrders), random) });
  // Some never ask again, and so never know.
  const placed = random.hits(0.2) ? await gateway.ask(placement) : await again();
  if (random.hits(0.1))
    void gateway.ask({ ...placement, body: orderBody(n, random.hits(largeOrders), random) });
  if (random.hits(0.1)) void again();
  await twin;

  const orderId = placed?.orderId;
  if (orderId === undefined || !random.hits(fickleness)) return;
  await wait(ports, random.int(0, 20_000));
  const cancellation = { ...placement, kind: 'cancel', body: orderId } as const;
  const cancel = () => untilAnswered(() => gateway.ask(cancellation), ports);
  if (random.hits(0.3)) void cancel();
  await cancel();
  if (random.hits(0.2)) void again();
}

async function untilAnswered<Answer extends { readonly status: number }>(
  ask: () => Promise<Answer | undefined>,
  ports: ShopperPorts,
): Promise<Answer | undefined> {
  let answer: Answer | undefined;
  for (let attempt = 0; attempt < RETRIES; attempt += 1) {
    answer = await ask();
    if (answer !== undefined && answer.status < 500) break;
    await wait(ports, ports.random.int(100, 30_000));
  }
  return answer;
}

function wait({ clock }: ShopperPorts, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}

/** An order with a canary in each place where a customer's data stands. */
function orderBody(n: number, isLarge: boolean, random: Chance): string {
  const mailbox = random.hits(0.05) ? 'refused' : 'canary';
  const lines = Array.from({ length: isLarge ? 100 : random.int(1, 3) }, (_, line) => ({
    sku: `SKU-${line}`,
    name: random.hits(0.5) ? 'Tea' : `canary article ${'x'.repeat(isLarge ? 180 : 10)}`,
    quantity: random.int(1, 9),
    unitPrice: random.int(0, 100_000),
  }));
  return JSON.stringify({
    customerId: `customer-${n}`,
    email: `${mailbox}-${n}@example.com`,
    shippingAddress: {
      name: `Canary Name ${n}`,
      line1: `Canary Street ${random.int(1, 999)}`,
      city: 'Canary City',
      ...random.pick([{ postalCode: '12345', country: 'DE' }, { country: 'HK' }]),
    },
    currency: random.pick(['EUR', 'JPY', 'KWD']),
    lines,
  });
}

/** What a shopper sees of an answer. */
interface Answer {
  readonly status: number;
  readonly orderId: string | undefined;
}

export interface Gateway {
  /** Asks the checkout; undefined where no answer comes. */
  ask(request: Omit<ShopperRequest, 'id'>): Promise<Answer | undefined>;
}

const response = z.object({ statusCode: z.number(), body: z.string() });
const order = z.object({ orderId: z.string() });

/** What an HTTP API waits for its function. */
const TIMEOUT_MS = 29_000;

/** The HTTP API before the checkout. */
export function gateway({
  clock,
  faults,
  history,
  lambda,
}: {
  readonly clock: Scheduler;
  readonly faults: Faults;
  readonly history: History;
  readonly lambda: LambdaHost;
}): Gateway {
  let requests = 0;
  return {
    ask: (asked) =>
      new Promise((resolve) => {
        const request = { ...asked, id: ++requests };
        history.note({ what: 'asked', request });
        let isAwaited = true;
        const answer = (status: number | undefined, body: string) => {
          if (!isAwaited) return;
          isAwaited = false;
          giveUp.cancel();
          history.note({ what: 'answered', request, status, body });
          resolve(status === undefined ? undefined : { status, orderId: orderIdIn(body) });
        };
        const giveUp = clock.after(TIMEOUT_MS, () => answer(undefined, ''));
        lambda.invoke('checkout', JSON.stringify(eventOf(request)), (result) => {
          if (faults.strikes('answer to shopper lost', `request ${request.id}`)) return;
          if (result.kind !== 'success') return answer(result.kind === 'throttled' ? 503 : 500, '');
          const { statusCode, body } = response.parse(JSON.parse(Buffer.from(result.payload).toString()));
          answer(statusCode, body);
        });
      }),
  };
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html */
function eventOf({ kind, idempotencyKey, body }: ShopperRequest) {
  const common = {
    headers: { 'idempotency-key': idempotencyKey },
    requestContext: { authorizer: { iam: { userArn: 'arn:aws:iam::000000000000:user/shop' } } },
  };
  switch (kind) {
    case 'place':
      return { ...common, routeKey: 'POST /orders', body, isBase64Encoded: false };
    case 'cancel':
      return { ...common, routeKey: 'POST /orders/{orderId}/cancel', pathParameters: { orderId: body } };
    case 'show':
      return { ...common, routeKey: 'GET /orders/{orderId}', pathParameters: { orderId: body } };
  }
}

function orderIdIn(body: string): string | undefined {
  return body === '' ? undefined : order.safeParse(JSON.parse(body)).data?.orderId;
}
