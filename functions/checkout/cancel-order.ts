import type { Waiting } from '../backoff.ts';
import { orderCancelled } from '../orders/events.ts';
import type { OrderId } from '../orders/ids.ts';
import { cancelledOrder, type Order } from '../orders/order.ts';
import { encodeEvent } from '../orders/wire.ts';
import { ATTEMPTS, beforeAttempt } from './contention.ts';
import type { OrderStore } from './store.ts';

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
