import type { OrderId } from '../orders/ids.ts';
import type { OutboxKey, OutboxRow } from '../outbox/row.ts';

/** What the relay needs of the outbox table. Reads are consistent; a row that is not returned is gone, that is, published. */
export interface OutboxStore {
  /** The first event of each of up to 100 distinct orders, as far as it is unpublished. */
  readFirstEvents(orderIds: readonly OrderId[]): Promise<readonly OutboxRow[]>;
  /** All unpublished events of an order, in seq order. */
  readOrder(orderId: OrderId): Promise<readonly OutboxRow[]>;
  /** Deletes up to 25 distinct rows; one that is gone already is no error. */
  delete(keys: readonly OutboxKey[]): Promise<void>;
}

/** A part of the outbox table. */
export interface OutboxPage {
  readonly rows: readonly OutboxRow[];
  /** How many rows of the page can't be read, and so never be published. */
  readonly unreadable: number;
}
