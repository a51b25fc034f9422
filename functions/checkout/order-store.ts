/** What the checkout needs of its tables. */

import { OrderlyError } from '../errors.ts';
import { OrderPlacedData } from '../orders/events.ts';
import type { OrderId } from '../orders/ids.ts';
import type { Order, OrderStatus } from '../orders/order.ts';
import { type EventBytes, fromEventAttributes, type Item, toEventAttributes } from '../outbox/row.ts';

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

/**
 * The orders table: what changes stands in attributes; what was ordered stands in the bytes of the first event alone, so
 * the two cannot disagree.
 *
 *     orderId S   customerId S   status S   seq N   placedAt S   contentHash S   events L of M {key, value, headers}
 */

export function toOrderItem({ order, contentHash, events }: StoredOrder): Item {
  return {
    orderId: { S: order.orderId },
    customerId: { S: order.customerId },
    status: { S: order.status },
    seq: { N: String(order.seq) },
    placedAt: { S: order.placedAt },
    contentHash: { S: contentHash },
    events: { L: events.map((event) => ({ M: toEventAttributes(event) })) },
  };
}

/** @throws {OrderlyError} `ORDER_ROW_INVALID` */
export function fromOrderItem(item: Item): StoredOrder {
  const status = item.status?.S;
  const seq = Number(item.seq?.N);
  const contentHash = item.contentHash?.S;
  const events = item.events?.L?.map(({ M: event = {} }) => fromEventAttributes(event)) ?? [];
  const placed = events[0];
  if (!isStatus(status) || !Number.isSafeInteger(seq) || contentHash === undefined || placed === undefined) {
    throw new OrderlyError('ORDER_ROW_INVALID', 'an order row lacks its status, seq, content hash or events');
  }
  return { order: orderAsOf(placed.value, status, seq), contentHash, events };
}

function orderAsOf(placedValue: Uint8Array, status: OrderStatus, seq: number): Order {
  const data = OrderPlacedData.safeParse(JSON.parse(Buffer.from(placedValue).toString('utf8')));
  if (!data.success) {
    throw new OrderlyError('ORDER_ROW_INVALID', 'the first event of an order row is not OrderPlaced');
  }
  const { schemaVersion: _schemaVersion, ...facts } = data.data;
  return { ...facts, status, seq };
}

function isStatus(status: string | undefined): status is OrderStatus {
  return status === 'PLACED' || status === 'CANCELLED';
}
