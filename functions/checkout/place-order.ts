import type { Waiting } from '../backoff.ts';
import { orderPlaced } from '../orders/events.ts';
import { orderIdFor } from '../orders/ids.ts';
import { type Order, placedOrder } from '../orders/order.ts';
import { encodeEvent } from '../orders/wire.ts';
import { ATTEMPTS, beforeAttempt } from './contention.ts';
import type { PlaceOrderRequest } from './request.ts';
import type { OrderStore, PlaceResult, StoredOrder } from './store.ts';

export type PlaceOutcome =
  | { readonly kind: 'placed'; readonly order: Order }
  /** The same request again; `order` is as it was placed, whatever has become of it. */
  | { readonly kind: 'replayed'; readonly order: Order }
  /** The key stands for an order of other content. */
  | { readonly kind: 'key-reused' }
  | { readonly kind: 'contended' };

/**
 * Places the order that a request stands for. The conditional write of the order is the idempotency check:
 *
 *     request A  ──[ Put order if absent + Put outbox row ]── placed
 *     request B       ──[ Put order if absent + ... ]── exists: compare the content, answer as A was answered
 *     request C    ──[ ... ]── contended with A: nothing written; wait, try again, at last read what A left
 */
export async function placeOrder(
  { idempotencyKey, order: asked, contentHash }: PlaceOrderRequest,
  ports: { store: OrderStore; waiting: Waiting; now: Date; traceparent: string },
): Promise<PlaceOutcome> {
  const order = placedOrder(asked, orderIdFor(asked.customerId, idempotencyKey), ports.now);
  const events = [encodeEvent(orderPlaced(order), ports.traceparent)];

  const result = await placeUnlessContended({ order, contentHash, events }, ports);
  switch (result.kind) {
    case 'placed':
      return { kind: 'placed', order };
    case 'exists':
      return result.stored.contentHash === contentHash
        ? { kind: 'replayed', order: asPlaced(result.stored.order) }
        : { kind: 'key-reused' };
    case 'contended':
      return { kind: 'contended' };
  }
}

/**
 * The order that a request placed earlier, before the rules were those that refuse it now: whoever repeats it may not have
 * heard the answer, and must not hear that nothing was ordered.
 */
export async function placedEarlier(
  { idempotencyKey, order, contentHash }: PlaceOrderRequest,
  { store }: { store: OrderStore },
): Promise<Order | undefined> {
  const stored = await store.find(orderIdFor(order.customerId, idempotencyKey));
  return stored?.contentHash === contentHash ? asPlaced(stored.order) : undefined;
}

const asPlaced = (order: Order): Order => ({ ...order, status: 'PLACED', seq: 1 });

async function placeUnlessContended(
  placing: StoredOrder,
  { store, waiting }: { store: OrderStore; waiting: Waiting },
): Promise<PlaceResult> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) await beforeAttempt(attempt, waiting);
    const result = await store.place(placing);
    if (result.kind !== 'contended') return result;
  }
  const stored = await store.find(placing.order.orderId);
  return stored === undefined ? { kind: 'contended' } : { kind: 'exists', stored };
}
