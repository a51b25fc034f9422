import { randomBytes } from 'node:crypto';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { IN_REAL_TIME } from '../../../../functions/backoff.ts';
import { type CheckoutEvent, checkoutHandler } from '../../../../functions/checkout/checkout.ts';
import { ANSWER_MS } from '../../../../functions/deadline.ts';
import { functionLogger } from '../../../../functions/logger.ts';
import { dynamoDbOrderStore, toOrderItem } from '../../../../functions/outbox/order-store.ts';
import { fromOutboxItem } from '../../../../functions/outbox/row.ts';
import { clientWith } from '../../../simulator/dynamodb/client.ts';
import { CALM, execute } from '../../../simulator/dynamodb/commands.ts';
import { database, table } from '../../../simulator/dynamodb/tables.ts';
import { anOrder, orderBody, orderId, placedEvent, SERVICE, TRACEPARENT } from '../../../support/orders.ts';

const id = orderId('key');
const place = (body: unknown, headers: Record<string, string> = { 'idempotency-key': 'key' }) => ({
  routeKey: 'POST /orders',
  headers: { traceparent: TRACEPARENT, ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
  isBase64Encoded: false,
  requestContext: SERVICE,
});
const cancel = (of: string) => ({
  routeKey: 'POST /orders/{orderId}/cancel',
  headers: {},
  isBase64Encoded: false,
  pathParameters: { orderId: of },
  requestContext: SERVICE,
});
const show = (of: string) => ({ ...cancel(of), routeKey: 'GET /orders/{orderId}' });

/** The checkout over its tables; `trouble` is what each request to them ends in, if they are in trouble. */
function checkout(trouble?: (signal: AbortSignal | undefined) => Promise<never>) {
  const orders = table('Orders', { hash: 'orderId' });
  const outbox = table('Outbox', { hash: 'orderId', range: { name: 'seq', type: 'N' } });
  const client = clientWith(async (command, { abortSignal } = {}) =>
    trouble === undefined ? execute(database([orders, outbox]), command, CALM) : trouble(abortSignal),
  );
  const logged: string[] = [];
  for (const stream of [process.stdout, process.stderr]) {
    const write = vi.spyOn(stream, 'write').mockImplementation((line) => logged.push(String(line)) > 0);
    onTestFinished(() => write.mockRestore());
  }
  const answer = checkoutHandler({
    store: (signal) => dynamoDbOrderStore(client, { orders: 'Orders', outbox: 'Outbox' }, signal),
    waiting: { ...IN_REAL_TIME, sleep: async () => undefined },
    logger: functionLogger('checkout'),
    now: () => new Date(),
    randomBytes,
  });
  return {
    handle: async (event: CheckoutEvent, remainingMs = 10_000) => {
      const { body = '', ...rest } = await answer(event, { getRemainingTimeInMillis: () => remainingMs });
      return { ...rest, text: body, body: JSON.parse(body) };
    },
    orders,
    events: () => [...outbox.items.values()].map(fromOutboxItem),
    logged,
  };
}

const problem = (status: number, type: string) => ({
  statusCode: status,
  headers: { 'content-type': 'application/problem+json' },
  body: { type: `urn:orderly:problem:${type}`, status },
});

describe('the checkout', () => {
  it('answers the same request as it did first, even after a cancellation', async () => {
    const { handle, events } = checkout();
    const first = await handle(place(orderBody()));
    expect(first).toMatchObject({ statusCode: 201, headers: { location: `/orders/${id}` } });
    await handle(cancel(id));
    const reversed = Object.fromEntries(Object.entries(orderBody()).reverse());
    expect(await handle(place(reversed))).toMatchObject({
      statusCode: 200,
      headers: { 'content-type': 'application/json', 'idempotent-replayed': 'true' },
      text: first.text,
    });
    expect(events()).toHaveLength(2);
  });

  it('refuses the key for other content, and takes it from another customer', async () => {
    const { handle } = checkout();
    await handle(place(orderBody()));
    expect(await handle(place({ ...orderBody(), currency: 'USD' }))).toMatchObject(
      problem(422, 'idempotency-key-reused'),
    );
    expect(await handle(place({ ...orderBody(), customerId: 'customer-2' }))).toMatchObject({
      statusCode: 201,
    });
  });

  it('answers, shows and cancels an order that no rule of today would take', async () => {
    const { handle, orders, events } = checkout();
    const placed = placedEvent(anOrder('key'));
    const written = JSON.parse(Buffer.from(placed.value).toString('utf8'));
    const asked = {
      currency: 'HRK',
      email: 'anna@localhost',
      shippingAddress: { ...written.shippingAddress, name: '\u3164', country: 'AN' },
      lines: [{ ...written.lines[0], quantity: 5_000 }],
    };
    const value = Buffer.from(JSON.stringify({ ...written, ...asked, schemaVersion: '1.0' }));
    const item = toOrderItem({ order: anOrder('key'), events: [{ ...placed, value }] });
    orders.write(item, item);

    const body = { ...orderBody(), ...asked };
    const again = await handle(place(body));
    expect(again).toMatchObject({ statusCode: 200, headers: { 'idempotent-replayed': 'true' } });
    for (const change of [{ currency: 'BGN' }, { voucher: 1 }, { customerId: 'c' }])
      expect(await handle(place({ ...body, ...change }))).toMatchObject({ statusCode: 400 });
    expect(await handle(show(id))).toMatchObject({ statusCode: 200, body: { ...asked, status: 'PLACED' } });
    expect(await handle(cancel(id))).toMatchObject({ statusCode: 200 });
    const [row] = events();
    expect(JSON.parse(Buffer.from(row?.event.value ?? []).toString('utf8'))).toMatchObject({
      currency: 'HRK',
      email: 'anna@localhost',
    });
  });

  it('knows no order that was not placed, and no other route', async () => {
    const { handle, events } = checkout();
    for (const event of [show(id), cancel(id)])
      expect(await handle(event)).toMatchObject(problem(404, 'order-not-found'));
    expect(await handle({ ...place(orderBody()), routeKey: '$default' })).toMatchObject(
      problem(404, 'route-not-found'),
    );
    expect(events()).toEqual([]);
  });

  it('asks no table for what is not an order id', async () => {
    const { handle } = checkout(() => Promise.reject(new Error('asked')));
    for (const event of [show('nonsense'), cancel(`${id}x`)])
      expect(await handle(event)).toMatchObject(problem(404, 'order-not-found'));
  });

  it.each([
    ['a token', { authorizer: { jwt: { claims: { sub: 'customer-1' }, scopes: null } } }],
    ['nothing', {}],
  ])(
    'serves nobody whose API says %s of its caller: only a service may name customer and price',
    async (_, requestContext) => {
      const { handle, events } = checkout();
      for (const event of [place(orderBody()), show(id), cancel(id)])
        expect(await handle({ ...event, requestContext })).toMatchObject(problem(403, 'caller-unknown'));
      expect(events()).toEqual([]);
    },
  );

  it.each([
    ['no key', place(orderBody(), {}), 400, 'idempotency-key-invalid', { header: 'Idempotency-Key' }],
    ['invalid JSON', place('{'), 400, 'body-not-json', undefined],
    ['a wrong type', place({ ...orderBody(), email: 1 }), 400, 'order-invalid', { pointer: '#/email' }],
    ['65 KiB', place({ ...orderBody(), email: 'x'.repeat(65 * 1024) }), 413, 'body-too-large', undefined],
  ])('refuses %s, and writes nothing', async (_, event, status, type, error) => {
    const { handle, events } = checkout();
    const answer = await handle(event);
    expect(answer).toMatchObject(problem(status, type));
    expect(answer.body.errors).toEqual(error && [expect.objectContaining(error)]);
    expect(events()).toEqual([]);
  });

  it('keeps what a customer wrote out of its logs and problems', async () => {
    const { handle, logged } = checkout();
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
    for (const text of [...problems.map(({ text }) => text), ...logged]) expect(text).not.toMatch(/canary/i);
  });
});

describe('the checkout whose tables are in trouble', () => {
  const failing = (error: Error) => checkout(() => Promise.reject(error));

  it('hides what went wrong inside, and logs it under a code', async () => {
    const { handle, logged } = failing(new TypeError('secret'));
    const answer = await handle(place(orderBody()));
    expect(answer).toMatchObject(problem(500, 'internal-error'));
    expect(answer.text).not.toContain('secret');
    expect(logged.map((line) => JSON.parse(line))).toMatchObject([
      { message: 'request failed', routeKey: 'POST /orders', code: 'internal-error' },
    ]);
  });

  it('says when to come back if DynamoDB asks to slow down', async () => {
    const { handle } = failing(Object.assign(new Error('slow down'), { name: 'ThrottlingException' }));
    const busy = { ...problem(503, 'unavailable'), headers: { 'retry-after': '1' } };
    expect(await handle(place(orderBody()))).toMatchObject(busy);
  });

  it.each([place(orderBody()), show(id), cancel(id)])(
    'answers $routeKey before Lambda ends it, though no table answers',
    async (event) => {
      let asked: AbortSignal | undefined;
      const { handle } = checkout((signal) => {
        asked = signal;
        return new Promise(() => undefined);
      });
      expect(await handle(event, ANSWER_MS + 5)).toMatchObject({
        statusCode: 503,
        headers: { 'retry-after': '1' },
      });
      // So that nothing is asked of a table after the answer.
      expect(asked?.aborted).toBe(true);
    },
  );
});
