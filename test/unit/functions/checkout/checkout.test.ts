import { expect, it } from 'vitest';
import { checkoutHandler } from '../../../../functions/checkout/checkout.ts';
import type { OrderStore } from '../../../../functions/checkout/order-store.ts';
import { orderBody, orderId, SERVICE } from '../../../support/orders.ts';

function failingWith(error: Error) {
  const fail = () => Promise.reject(error);
  const store: OrderStore = { place: fail, find: fail, cancel: fail };
  const logged: unknown[] = [];
  const handle = checkoutHandler({
    store,
    waiting: { sleep: async () => undefined, random: Math.random },
    logger: { info: () => undefined, warn: () => undefined, error: (...line) => logged.push(line) },
    now: () => new Date(0),
    randomBytes: (length) => new Uint8Array(length),
  });
  return { handle, logged };
}

const order = {
  routeKey: 'POST /orders',
  headers: { 'idempotency-key': 'k' },
  body: JSON.stringify(orderBody()),
  isBase64Encoded: false,
  requestContext: SERVICE,
};

it('hides what went wrong inside, and logs it under a code', async () => {
  const { handle, logged } = failingWith(new TypeError('secret'));
  const answer = await handle(order);
  expect(answer).toMatchObject({ statusCode: 500, headers: { 'content-type': 'application/problem+json' } });
  expect(answer.body).not.toContain('secret');
  expect(logged).toEqual([
    ['request failed', { routeKey: 'POST /orders', code: 'internal-error' }, expect.any(TypeError)],
  ]);
});

it('says when to come back if DynamoDB asks to slow down', async () => {
  const throttled = Object.assign(new Error('slow down'), { name: 'ThrottlingException' });
  expect(await failingWith(throttled).handle(order)).toMatchObject({
    statusCode: 503,
    headers: { 'retry-after': '1' },
  });
});

it.each([
  ['GET /orders/{orderId}', 'nonsense'],
  ['POST /orders/{orderId}/cancel', `${orderId('k')}x`],
])('%s asks no table for what is not an order id', async (routeKey, id) => {
  const { handle } = failingWith(new Error('asked'));
  const answer = await handle({
    routeKey,
    headers: {},
    isBase64Encoded: false,
    pathParameters: { orderId: id },
    requestContext: SERVICE,
  });
  expect(answer.statusCode).toBe(404);
  expect(JSON.parse(answer.body ?? '')).toMatchObject({ type: 'urn:orderly:problem:order-not-found' });
});

it('knows no other route', async () => {
  const { handle } = failingWith(new Error('asked'));
  expect(await handle({ ...order, routeKey: '$default' })).toMatchObject({ statusCode: 404 });
});
