import { expect, it } from 'vitest';
import { IN_REAL_TIME } from '../../../../functions/backoff.ts';
import { type CheckoutEvent, checkoutHandler } from '../../../../functions/checkout/checkout.ts';
import { ANSWER_MS } from '../../../../functions/deadline.ts';
import type { OrderStore } from '../../../../functions/outbox/order-store.ts';
import { orderBody, orderId, SERVICE } from '../../../support/orders.ts';

const TIMEOUT_MS = 10_000;

function failingWith(error: Error) {
  return checkoutThat(() => Promise.reject(error));
}

/** The checkout, to which each request to its tables ends as told. */
function checkoutThat(fail: (signal: AbortSignal) => Promise<never>) {
  const logged: unknown[] = [];
  const answer = checkoutHandler({
    store(signal): OrderStore {
      const asked = () => fail(signal);
      return { find: asked, append: asked };
    },
    waiting: { ...IN_REAL_TIME, sleep: async () => undefined },
    logger: { info: () => undefined, warn: () => undefined, error: (...line) => logged.push(line) },
    now: () => new Date(0),
    randomBytes: (length) => new Uint8Array(length),
  });
  const handle = (event: CheckoutEvent, remainingMs = TIMEOUT_MS) =>
    answer(event, { getRemainingTimeInMillis: () => remainingMs });
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

it.each(['POST /orders', 'GET /orders/{orderId}', 'POST /orders/{orderId}/cancel'])(
  '%s is answered before Lambda ends it, though no table answers',
  async (routeKey) => {
    let asked: AbortSignal | undefined;
    const { handle } = checkoutThat((signal) => {
      asked = signal;
      return new Promise(() => undefined);
    });
    const request = { ...order, routeKey, pathParameters: { orderId: orderId('k') } };
    expect(await handle(request, ANSWER_MS + 5)).toMatchObject({
      statusCode: 503,
      headers: { 'retry-after': '1' },
    });
    // So that nothing is asked of a table after the answer.
    expect(asked?.aborted).toBe(true);
  },
);

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
