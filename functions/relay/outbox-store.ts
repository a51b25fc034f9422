import type { OrderId } from '../orders/ids.ts';
import type { OutboxKey, OutboxRow } from '../outbox/row.ts';

/** What the relay needs of the outbox table. Reads are consistent; a row that is not returned is gone, that is, published. */
export interface OutboxStore {
  /** The first event of each of up to 100 distinct orders, as far as it is unpublished. */
  readFirstEvents(orderIds: readonly OrderId[]): Promise<FirstEvents>;
  /** All unpublished events of an order, in seq order; rejects with `OUTBOX_ROW_INVALID` if one of them can't be read. */
  readOrder(orderId: OrderId): Promise<readonly OutboxRow[]>;
  /** Deletes up to 25 distinct rows; one that is gone already is no error. */
  delete(keys: readonly OutboxKey[]): Promise<void>;
}

export interface FirstEvents {
  readonly rows: readonly OutboxRow[];
  /** Orders whose row can't be read, and so never be published. */
  readonly unreadable: readonly OrderId[];
}

/** A part of the outbox table. */
export interface OutboxPage {
  readonly rows: readonly OutboxRow[];
  /** How many rows of the page can't be read, and so never be published. */
  readonly unreadable: number;
}
