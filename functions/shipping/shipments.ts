import type { InsertNew } from '../ledger/insert-new.ts';
import type { Cancellation, Placement, StoredShipment } from './shipment.ts';

/** The table `Shipments`, one item an order: the item is the effect and the claim to it in one. `signal` ends a call early. */
export interface Shipments {
  /** Inserts items made by `shipmentItem`; those that exist stay as they are. */
  readonly insertNew: InsertNew;
  /**
   * Cancels the shipment, or leaves a cancelled one for the placement to find; one that is on a manifest stays and has it
   * recorded that the cancellation came too late. Answers what stood there.
   */
  readonly cancel: (cancellation: Cancellation, signal?: AbortSignal) => Promise<StoredShipment | undefined>;
  /** Gives a shipment that was cancelled before it was placed its content; answers what stands there instead if it has one. */
  readonly complete: (placement: Placement, signal?: AbortSignal) => Promise<Completed>;
}

type Completed =
  | { readonly kind: 'completed' }
  | { readonly kind: 'has-content'; readonly stored: StoredShipment };

/** The partition key. */
export const SHIPMENT_KEY = 'orderId';
