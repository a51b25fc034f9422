import { randomBytes } from 'node:crypto';
import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { IN_REAL_TIME } from '../../../../functions/backoff.ts';
import { type CheckoutEvent, checkoutHandler } from '../../../../functions/checkout/checkout.ts';
import { functionLogger } from '../../../../functions/logger.ts';
import { dynamoDbOrderStore, fromOrderItem, toOrderItem } from '../../../../functions/outbox/order-store.ts';
import { fromEventAttributes, fromOutboxItem } from '../../../../functions/outbox/row.ts';
import { outboxTable, scan, testClient, testTable } from '../../../support/dynamodb.ts';
import { testEngines } from '../../../support/engines.ts';
import { anOrder, orderBody, orderId, placedEvent, SERVICE, TRACEPARENT } from '../../../support/orders.ts';

interface Checkout {
  readonly handle: (event: CheckoutEvent) => ReturnType<ReturnType<typeof checkoutHandler>>;
  readonly client: DynamoDBClient;
  readonly orders: string;
  readonly outbox: string;
  readonly logged: string[];
}

async function checkout(endpoint: string): Promise<Checkout> {
  const client = testClient(endpoint);
  const orders = await testTable(client, { hash: 'orderId' });
  const outbox = await outboxTable(client);
  const logged: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((line) => logged.push(String(line)) > 0);
  onTestFinished(() => write.mockRestore());
  const answer = checkoutHandler({
    store: (signal) => dynamoDbOrderStore(client, { orders, outbox }, signal),
    waiting: { ...IN_REAL_TIME, sleep: async () => undefined },
    logger: functionLogger('checkout'),
    now: () => new Date(),
    randomBytes,
  });
  const handle = (event: CheckoutEvent) => answer(event, { getRemainingTimeInMillis: () => 10_000 });
  return { handle, client, orders, outbox, logged };
}

const place = (body: unknown, headers: Record<string, string> = { 'idempotency-key': 'key' }) => ({
  routeKey: 'POST /orders',
  headers: { traceparent: TRACEPARENT, ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
  isBase64Encoded: false,
  requestContext: SERVICE,
});
const cancel = (id: string) => ({
  routeKey: 'POST /orders/{orderId}/cancel',
  headers: {},
  isBase64Encoded: false,
  pathParameters: { orderId: id },
  requestContext: SERVICE,
});
const show = (id: string) => ({ ...cancel(id), routeKey: 'GET /orders/{orderId}' });

async function rows({ client, orders, outbox }: Checkout) {
  return {
    orders: (await scan(client, orders)).map((item) => ({
      order: fromOrderItem(item),
      events: item.events?.L?.map(({ M: event = {} }) => fromEventAttributes(event)),
    })),
    outbox: (await scan(client, outbox)).map(fromOutboxItem).sort((one, other) => one.seq - other.seq),
  };
}

const id = orderId('key');

describe.each(['ministack', 'dynamodbLocal'] as const)('the checkout on %s', (engine) => {
  const start = () => checkout(testEngines()[engine]);

  it('places an order, and its event beside it', async () => {
    const one = await start();
    const answer = await one.handle(place(orderBody()));
    expect(answer).toMatchObject({ statusCode: 201, headers: { location: `/orders/${id}` } });
    expect(JSON.parse(answer.body ?? '')).toEqual({
      ...orderBody(),
      orderId: id,
      status: 'PLACED',
      total: 900,
      placedAt: expect.any(String),
    });

    const { orders, outbox } = await rows(one);
    expect(outbox).toHaveLength(1);
    expect(outbox[0]).toMatchObject({ orderId: id, seq: 1, event: { key: id } });
    expect(outbox[0]?.event.headers.traceparent).toMatch(
      /^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/,
    );
    expect(orders.flatMap(({ events }) => events)).toEqual(outbox.map(({ event }) => event));
    expect(await one.handle(show(id))).toMatchObject({ statusCode: 200, body: answer.body });
  });

  it('answers the same request as it did first, even after a cancellation', async () => {
    const { handle, ...rest } = await start();
    const first = await handle(place(orderBody()));
    await handle(cancel(id));
    const reversed = Object.fromEntries(Object.entries(orderBody()).reverse());
    expect(await handle(place(reversed))).toEqual({
      statusCode: 200,
      headers: { 'content-type': 'application/json', 'idempotent-replayed': 'true' },
      body: first.body,
    });
    expect((await rows({ handle, ...rest })).outbox).toHaveLength(2);
  });

  it('refuses the key for other content, and takes it from another customer', async () => {
    const { handle } = await start();
    await handle(place(orderBody()));
    const reused = await handle(place({ ...orderBody(), currency: 'USD' }));
    expect(reused).toMatchObject({
      statusCode: 422,
      headers: { 'content-type': 'application/problem+json' },
    });
    expect(JSON.parse(reused.body ?? '')).toMatchObject({
      type: 'urn:orderly:problem:idempotency-key-reused',
    });
    expect(await handle(place({ ...orderBody(), customerId: 'customer-2' }))).toMatchObject({
      statusCode: 201,
    });
  });

  it('answers, shows and cancels an order that no rule of today would take', async () => {
    const one = await start();
    const placed = placedEvent(anOrder('key'));
    const written = JSON.parse(Buffer.from(placed.value).toString('utf8'));
    const asked = {
      currency: 'HRK',
      email: 'anna@localhost',
      shippingAddress: { ...written.shippingAddress, name: '\u3164', country: 'AN' },
      lines: [{ ...written.lines[0], quantity: 5_000 }],
    };
    const value = Buffer.from(JSON.stringify({ ...written, ...asked, schemaVersion: '1.0' }));
    const body = { ...orderBody(), ...asked };
    const order = { order: anOrder('key'), events: [{ ...placed, value }] };
    await one.client.send(new PutItemCommand({ TableName: one.orders, Item: toOrderItem(order) }));

    const again = await one.handle(place(body));
    expect(again).toMatchObject({ statusCode: 200, headers: { 'idempotent-replayed': 'true' } });
    for (const other of [
      { ...body, currency: 'BGN' },
      { ...body, voucher: 1 },
      { ...body, customerId: 'c' },
    ]) {
      expect(await one.handle(place(other))).toMatchObject({ statusCode: 400 });
    }
    const shown = await one.handle(show(id));
    expect(shown).toMatchObject({ statusCode: 200 });
    expect(JSON.parse(shown.body ?? '')).toMatchObject({ ...asked, status: 'PLACED' });
    expect(await one.handle(cancel(id))).toMatchObject({ statusCode: 200 });
    const [row] = (await rows(one)).outbox;
    expect(JSON.parse(Buffer.from(row?.event.value ?? []).toString('utf8'))).toMatchObject({
      currency: 'HRK',
      email: 'anna@localhost',
    });
  });

  it('makes one order of twenty equal requests at once', async () => {
    const one = await start();
    const answers = await Promise.all(Array.from({ length: 20 }, () => one.handle(place(orderBody()))));
    expect(answers.map(({ statusCode }) => statusCode).toSorted()).toEqual([...Array(19).fill(200), 201]);
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    const { orders, outbox } = await rows(one);
    expect([orders.length, outbox.length]).toEqual([1, 1]);
  });

  it('makes one event of ten cancellations at once', async () => {
    const one = await start();
    await one.handle(place(orderBody()));
    const answers = await Promise.all(Array.from({ length: 10 }, () => one.handle(cancel(id))));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(10).fill(200));
    expect(new Set(answers.map(({ body }) => JSON.parse(body ?? '').status))).toEqual(new Set(['CANCELLED']));

    const { orders, outbox } = await rows(one);
    expect(outbox.map(({ seq, event }) => [seq, event.headers.ce_type])).toEqual([
      [1, 'OrderPlaced'],
      [2, 'OrderCancelled'],
    ]);
    expect(orders[0]?.order).toMatchObject({ status: 'CANCELLED', seq: 2 });
    expect(orders[0]?.events).toEqual(outbox.map(({ event }) => event));
  });

  it('knows no order that was not placed', async () => {
    const one = await start();
    for (const event of [show(id), cancel(id), show('nonsense'), cancel('nonsense')]) {
      expect(await one.handle(event)).toMatchObject({
        statusCode: 404,
        headers: { 'content-type': 'application/problem+json' },
      });
    }
    expect((await rows(one)).outbox).toEqual([]);
  });

  it.each([
    ['a token', { authorizer: { jwt: { claims: { sub: 'customer-1' }, scopes: null } } }],
    ['nothing', {}],
  ])(
    'serves nobody whose API says %s of its caller: only a service may name customer and price',
    async (_, requestContext) => {
      const one = await start();
      for (const event of [place(orderBody()), show(id), cancel(id)]) {
        const refused = await one.handle({ ...event, requestContext });
        expect(refused.statusCode).toBe(403);
        expect(JSON.parse(refused.body ?? '')).toMatchObject({ type: 'urn:orderly:problem:caller-unknown' });
      }
      expect(await rows(one)).toEqual({ orders: [], outbox: [] });
    },
  );

  it('writes the largest order there is', async () => {
    const one = await start();
    const line = { sku: 'TEA-1', name: 'x'.repeat(200), quantity: 999, unitPrice: 10_000_000_000 };
    const body = { ...orderBody(), lines: Array.from({ length: 100 }, () => line) };
    expect(await one.handle(place(body))).toMatchObject({ statusCode: 201 });
    expect(await one.handle(place(body))).toMatchObject({ statusCode: 200 });
  });

  it.each([
    ['no key', place(orderBody(), {}), 400, { header: 'Idempotency-Key' }],
    ['a bad key', place(orderBody(), { 'idempotency-key': 'a b' }), 400, { header: 'Idempotency-Key' }],
    ['invalid JSON', place('{'), 400, undefined],
    ['a wrong type', place({ ...orderBody(), email: 1 }), 400, { pointer: '#/email' }],
    ['an unknown field', place({ ...orderBody(), voucher: 1 }), 400, { pointer: '#/voucher' }],
    [
      'a negative quantity',
      place({ ...orderBody(), lines: [{ ...orderBody().lines[0], quantity: -1 }] }),
      400,
      { pointer: '#/lines/0/quantity' },
    ],
    [
      '1e400',
      place(JSON.stringify(orderBody()).replace('450', '1e400')),
      400,
      { pointer: '#/lines/0/unitPrice' },
    ],
    ['no lines', place({ ...orderBody(), lines: [] }), 400, { pointer: '#/lines' }],
    [
      '__proto__',
      place(JSON.stringify(orderBody()).replace('{', '{"__proto__":1,')),
      400,
      { pointer: '#/__proto__' },
    ],
    ['65 KiB', place({ ...orderBody(), email: 'x'.repeat(65 * 1024) }), 413, undefined],
  ])('refuses %s, and writes nothing', async (_, event, status, error) => {
    const one = await start();
    const answer = await one.handle(event);
    expect(answer).toMatchObject({
      statusCode: status,
      headers: { 'content-type': 'application/problem+json' },
    });
    const problem = JSON.parse(answer.body ?? '');
    expect(problem).toMatchObject({ type: expect.stringMatching(/^urn:orderly:problem:/), status });
    expect(problem.errors).toEqual(error && [expect.objectContaining(error)]);
    expect(await rows(one)).toEqual({ orders: [], outbox: [] });
  });

  it('keeps what a customer wrote out of its logs and problems', async () => {
    const { handle, logged } = await start();
    const canaries = { email: 'canary-mail@example.com', name: 'Canary Person', line1: 'Canary Street 7' };
    const body = {
      ...orderBody(),
      email: canaries.email,
      shippingAddress: { ...orderBody().shippingAddress, name: canaries.name, line1: canaries.line1 },
    };
    const answers = [
      await handle(place({ ...body, currency: canaries.name, lines: [canaries.line1] })),
      await handle(place(`${JSON.stringify(body)}}`)),
      await handle(place(body)),
      await handle(place({ ...body, currency: 'USD' })),
      await handle(cancel(id)),
    ];
    const problems = answers.filter(({ statusCode = 0 }) => statusCode >= 400);
    expect(problems).toHaveLength(3);
    expect(logged.length).toBeGreaterThan(0);
    for (const text of [...problems.map(({ body: shown }) => shown), ...logged])
      expect(text).not.toMatch(/canary/i);
  });
});
