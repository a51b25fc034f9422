import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import * as z from 'zod';
import type { Timing } from '../backoff.ts';
import { ANSWER_MS, endBy } from '../deadline.ts';
import type { Logger } from '../logger.ts';
import { decide, initialState, type OrderCommand } from '../orders/decider.ts';
import { OrderId, orderIdFor } from '../orders/ids.ts';
import type { Order } from '../orders/order.ts';
import { carryOut, type OrderStore } from '../outbox/order-store.ts';
import { isTransient } from '../transient.ts';
import { problem, problemResponse } from './problems.ts';
import { childTraceparent, type PlaceOrderRequest, parsePlaceOrder, type RandomBytes } from './request.ts';

export interface CheckoutPorts {
  /** The store as one invocation has it: what it is asked ends when the signal aborts. */
  readonly store: (signal: AbortSignal) => OrderStore;
  readonly waiting: Timing;
  readonly logger: Logger;
  now(): Date;
  readonly randomBytes: RandomBytes;
}

/** The fields of an HTTP API event, payload format 2.0, that the checkout reads. Header names are lower case. */
export type CheckoutEvent = Pick<
  APIGatewayProxyEventV2,
  'routeKey' | 'headers' | 'body' | 'isBase64Encoded' | 'pathParameters'
> & {
  /** What API Gateway's authorizer says of the caller. */
  readonly requestContext?: { readonly authorizer?: unknown };
};

export type CheckoutHandler = (
  event: CheckoutEvent,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
) => Promise<APIGatewayProxyStructuredResultV2>;

/**
 * The checkout: places, shows and cancels orders. It answers every request, with problem details (RFC 9457) where it
 * refuses or fails; it never rejects. What isn't done 2 seconds before Lambda ends the invocation is answered 503: who hears
 * that knows that it may have happened, and what to repeat.
 */
export function checkoutHandler(ports: CheckoutPorts): CheckoutHandler {
  return async (event, context) => {
    const signal = ports.waiting.timeout(context.getRemainingTimeInMillis() - ANSWER_MS);
    try {
      return await endBy(signal, () => route(event, { ...ports, store: ports.store(signal) }));
    } catch (error) {
      const code = isTransient(error) ? 'unavailable' : 'internal-error';
      ports.logger.error('request failed', { routeKey: event.routeKey, code }, error);
      return problemResponse(problem(code));
    }
  };
}

/**
 * What API Gateway says of a caller that has signed its request, payload format 2.0; it comes from nobody else. Beside
 * `userArn` there are `accessKey`, `accountId`, `callerId`, `userId` and more:
 * https://docs.aws.amazon.com/powertools/typescript/2.14.0/api/types/_aws-lambda-powertools_parser.types.APIGatewayRequestContextV2.html
 */
const Signed = z.object({ iam: z.object({ userArn: z.string() }) });

/** The ports, with the store of this invocation. */
type RequestPorts = Omit<CheckoutPorts, 'store'> & { readonly store: OrderStore };

/** An API whose authorizer is lost or exchanged serves nobody: who calls may order for any customer, at any price. */
async function route(event: CheckoutEvent, ports: RequestPorts): Promise<APIGatewayProxyStructuredResultV2> {
  if (!Signed.safeParse(event.requestContext?.authorizer).success) {
    ports.logger.error('caller unknown', { routeKey: event.routeKey, code: 'caller-unknown' });
    return problemResponse(problem('caller-unknown'));
  }
  switch (event.routeKey) {
    case 'POST /orders':
      return place(event, ports);
    case 'GET /orders/{orderId}':
      return show(event, ports);
    case 'POST /orders/{orderId}/cancel':
      return cancel(event, ports);
    default:
      return problemResponse(problem('route-not-found'));
  }
}

async function place(event: CheckoutEvent, ports: RequestPorts): Promise<APIGatewayProxyStructuredResultV2> {
  const parsed = parsePlaceOrder(event);
  if (parsed.kind === 'refused') {
    const earlier = parsed.asked && (await placedEarlier(placing(parsed.asked, ports), ports));
    return earlier === undefined ? problemResponse(parsed.problem) : replayedResponse(earlier);
  }

  const command = placing(parsed.request, ports);
  const outcome = await carryOut(command, writing(event, ports));
  const status = OUTCOMES_OF_PLACING[outcome.kind];
  ports.logger.info('order requested', {
    status,
    ...('order' in outcome ? { orderId: outcome.order.orderId } : {}),
  });
  switch (outcome.kind) {
    case 'done':
      return orderResponse(201, outcome.order, { location: `/orders/${outcome.order.orderId}` });
    case 'nothing':
      return replayedResponse(outcome.order);
    case 'refused':
      return problemResponse(
        problem('idempotency-key-reused', [
          { header: 'Idempotency-Key', detail: 'was used for an order of other content' },
        ]),
      );
    case 'contended':
      return problemResponse(problem('unavailable'));
  }
}

/** What the log says of a request, by its outcome. */
const OUTCOMES_OF_PLACING = {
  done: 'placed',
  nothing: 'replayed',
  refused: 'key-reused',
  contended: 'contended',
} as const;
const OUTCOMES_OF_CANCELLING = {
  done: 'cancelled',
  nothing: 'cancelled',
  refused: 'not-found',
  contended: 'contended',
} as const;

/** The order that a customer's key stands for is placed: the same request is the same order. */
function placing(
  { idempotencyKey, order: asked }: PlaceOrderRequest,
  { now }: RequestPorts,
): OrderCommand & { readonly type: 'PlaceOrder' } {
  return {
    type: 'PlaceOrder',
    orderId: orderIdFor(asked.customerId, idempotencyKey),
    asked,
    now: now(),
  };
}

/**
 * The order that a request placed earlier, before the rules were those that refuse it now: whoever repeats it may not have
 * heard the answer, and must not hear that nothing was ordered.
 */
async function placedEarlier(command: OrderCommand, { store }: RequestPorts): Promise<Order | undefined> {
  const decision = decide(command, await store.find(command.orderId));
  return decision.kind === 'nothing' ? decision.order : undefined;
}

async function show(event: CheckoutEvent, ports: RequestPorts): Promise<APIGatewayProxyStructuredResultV2> {
  const orderId = OrderId.safeParse(event.pathParameters?.orderId);
  const order = orderId.success ? await ports.store.find(orderId.data) : initialState;
  return order.status === 'ABSENT' ? problemResponse(problem('order-not-found')) : orderResponse(200, order);
}

async function cancel(event: CheckoutEvent, ports: RequestPorts): Promise<APIGatewayProxyStructuredResultV2> {
  const orderId = OrderId.safeParse(event.pathParameters?.orderId);
  if (!orderId.success) return problemResponse(problem('order-not-found'));

  const command: OrderCommand = { type: 'CancelOrder', orderId: orderId.data, now: ports.now() };
  const outcome = await carryOut(command, writing(event, ports));
  const status = OUTCOMES_OF_CANCELLING[outcome.kind];
  ports.logger.info('cancellation requested', { status, orderId: orderId.data });
  switch (outcome.kind) {
    case 'done':
    case 'nothing':
      return orderResponse(200, outcome.order);
    case 'refused':
      return problemResponse(problem('order-not-found'));
    case 'contended':
      return problemResponse(problem('unavailable'));
  }
}

function writing(event: CheckoutEvent, { store, waiting, randomBytes }: RequestPorts) {
  return { store, waiting, traceparent: childTraceparent(event.headers.traceparent, randomBytes) };
}

/** The same request again is answered as it was the first time, whatever has become of the order. */
const replayedResponse = (order: Order) =>
  orderResponse(200, { ...order, status: 'PLACED' }, { 'idempotent-replayed': 'true' });

/** Fields are named one by one: the same order has the same bytes, whether it was just placed or read back. */
function orderResponse(
  statusCode: number,
  order: Order,
  headers: Readonly<Record<string, string>> = {},
): APIGatewayProxyStructuredResultV2 {
  const { orderId, status, customerId, email, shippingAddress, currency, lines, total, placedAt } = order;
  return {
    statusCode,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({
      orderId,
      status,
      customerId,
      email,
      shippingAddress,
      currency,
      lines,
      total,
      placedAt,
    }),
  };
}
