import { type Backoff, fullJitter, type Waiting } from '../backoff.ts';
import { orderCancelled, orderPlaced } from '../orders/events.ts';
import { type OrderId, orderIdFor } from '../orders/ids.ts';
import { cancelledOrder, type Order, placedOrder } from '../orders/order.ts';
import { encodeEvent } from '../orders/wire.ts';
import type { OrderStore, PlaceResult, StoredOrder } from './order-store.ts';
import type { PlaceOrderRequest } from './request.ts';

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

export type CancelOutcome =
  /** Now, or before: asking twice is asking once. */
  | { readonly kind: 'cancelled'; readonly order: Order }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'contended' };

/**
 * Cancels an order. The write holds only for the seq that was read, so of two cancellations at once one writes the
 * event and the other, which reads again, finds the order cancelled.
 */
export async function cancelOrder(
  orderId: OrderId,
  ports: { store: OrderStore; waiting: Waiting; now: Date; traceparent: string },
): Promise<CancelOutcome> {
  const { store, waiting, now, traceparent } = ports;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) await beforeAttempt(attempt, waiting);
    const stored = await store.find(orderId);
    if (stored === undefined) return { kind: 'not-found' };
    const cancelled = cancelledOrder(stored.order);
    if (cancelled === undefined) return { kind: 'cancelled', order: stored.order };

    const result = await store.cancel(cancelled, encodeEvent(orderCancelled(cancelled, now), traceparent));
    if (result === 'cancelled') return { kind: 'cancelled', order: cancelled };
  }
  return { kind: 'contended' };
}

/** How often a contended transaction is tried before it is given up: waits of half a second in all, at most. */
const ATTEMPTS = 5;
const BACKOFF: Backoff = { baseMs: 25, capMs: 200 };

/** Waits before attempt `attempt` (1 is the first repetition). */
async function beforeAttempt(attempt: number, { sleep, random }: Waiting): Promise<void> {
  await sleep(fullJitter(BACKOFF, attempt, random));
}
