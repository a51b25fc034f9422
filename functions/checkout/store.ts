/** What the checkout needs of its tables. */
import type { OrderId } from '../orders/ids.ts';
import type { Order } from '../orders/order.ts';
import type { EventBytes } from '../outbox/row.ts';

/** An order, and the exact bytes of each of its events, oldest first, so that a lost topic can be rebuilt. */
export interface StoredOrder {
  readonly order: Order;
  /** Of the request that placed it. */
  readonly contentHash: string;
  readonly events: readonly EventBytes[];
}

/** `contended`: another transaction is at the same rows, or DynamoDB asks to slow down; nothing was written. */
export type PlaceResult =
  | { readonly kind: 'placed' }
  | { readonly kind: 'exists'; readonly stored: StoredOrder }
  | { readonly kind: 'contended' };

/** `changed`: the order is not as it was read; nothing was written. */
export type CancelResult = 'cancelled' | 'changed' | 'contended';

/** Each write is one transaction of the order and the outbox row of its newest event. */
export interface OrderStore {
  /** Writes a new order, unless one with its id exists. */
  place(stored: StoredOrder): Promise<PlaceResult>;
  /** Reads an order, consistently. */
  find(orderId: OrderId): Promise<StoredOrder | undefined>;
  /** Writes `cancelled` over the order of the seq before it; `event` is its newest event. */
  cancel(cancelled: Order, event: EventBytes): Promise<CancelResult>;
}
