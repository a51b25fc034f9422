import { z } from 'zod';
import type { Faults } from './faults.ts';
import type { History, ShopperRequest } from './history.ts';
import type { LambdaHost } from './lambda/host.ts';
import type { Scheduler } from './scheduler.ts';

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
