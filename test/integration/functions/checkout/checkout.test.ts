import { randomBytes } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { IN_REAL_TIME } from '../../../../functions/backoff.ts';
import { type CheckoutEvent, checkoutHandler } from '../../../../functions/checkout/checkout.ts';
import { dynamoDbOrderStore, fromOrderItem } from '../../../../functions/outbox/order-store.ts';
import { fromEventAttributes, fromOutboxItem } from '../../../../functions/outbox/row.ts';
import { outboxTable, scan, testClient, testTable } from '../../../support/dynamodb.ts';
import { testEngines } from '../../../support/engines.ts';
import { orderBody, orderId, SERVICE, TRACEPARENT } from '../../../support/orders.ts';
import { recordedLog } from '../../../support/recorded-log.ts';

interface Checkout {
  readonly handle: (event: CheckoutEvent) => ReturnType<ReturnType<typeof checkoutHandler>>;
  readonly client: DynamoDBClient;
  readonly orders: string;
  readonly outbox: string;
}

async function checkout(endpoint: string): Promise<Checkout> {
  const client = testClient(endpoint);
  const orders = await testTable(client, { hash: 'orderId' });
  const outbox = await outboxTable(client);
  const answer = checkoutHandler({
    store: (signal) => dynamoDbOrderStore(client, { orders, outbox }, signal),
    waiting: { ...IN_REAL_TIME, sleep: async () => undefined },
    logger: recordedLog().logger,
    now: () => new Date(),
    randomBytes,
  });
  const handle = (event: CheckoutEvent) => answer(event, { getRemainingTimeInMillis: () => 10_000 });
  return { handle, client, orders, outbox };
}

const place = (body: object) => ({
  routeKey: 'POST /orders',
  headers: { traceparent: TRACEPARENT, 'idempotency-key': 'key' },
  body: JSON.stringify(body),
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

  it('writes the largest order there is', async () => {
    const one = await start();
    const line = { sku: 'TEA-1', name: 'x'.repeat(200), quantity: 999, unitPrice: 10_000_000_000 };
    const body = { ...orderBody(), lines: Array.from({ length: 100 }, () => line) };
    expect(await one.handle(place(body))).toMatchObject({ statusCode: 201 });
    expect(await one.handle(place(body))).toMatchObject({ statusCode: 200 });
  });
});
