import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { InsertOutcome, Item, ReadResult } from '../dynamodb.ts';
import type { OrderId } from '../orders/ids.ts';
import type { Cancellation, Fingerprint, Placement, StoredShipment } from './shipment.ts';

/** The table `Shipments`, one item an order: the item is the effect and the claim to it in one. `signal` ends a call early. */
export interface Shipments {
  /** Inserts items made by `shipmentItem`; those that exist stay as they are. A result for each order. */
  readonly insert: (
    items: readonly Item[],
    signal?: AbortSignal,
  ) => Promise<ReadonlyMap<string, InsertOutcome>>;
  /** Reads what stands under the orders now; a result for each. */
  readonly read: (
    orderIds: readonly OrderId[],
    signal?: AbortSignal,
  ) => Promise<ReadonlyMap<string, ReadResult>>;
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

/** Holds the carrier of a shipment that waits for a manifest, and is the index's key: others are not in the index. */
export const AWAITING_CARRIER = 'awaitingCarrier';
/** The manifest that a shipment is on, for good. */
export const MANIFEST_ID = 'manifestId';

/** The attributes that a placement gives a shipment, beside its key and status. */
export function contentAttributes(placement: Placement): Item {
  const { address, lines, createdAt, weightClass, carrier, fingerprint } = placement;
  return {
    address: { M: strings({ ...address }) },
    lines: {
      L: lines.map(({ sku, name, quantity }) => ({
        M: { ...strings({ sku, name }), quantity: { N: String(quantity) } },
      })),
    },
    createdAt: { S: createdAt },
    weightClass: { S: weightClass },
    carrier: { S: carrier },
    fingerprint: { S: fingerprint },
  };
}

/** A shipment to insert: the one that is left when these events of an order have been seen. */
export function shipmentItem(placement: Placement, cancellation: Cancellation | undefined): Item {
  return {
    orderId: { S: placement.orderId },
    status: { S: cancellation === undefined ? 'LABEL_CREATED' : 'CANCELLED' },
    ...contentAttributes(placement),
    ...(cancellation === undefined
      ? { [AWAITING_CARRIER]: { S: placement.carrier } }
      : { cancelledAt: { S: cancellation.cancelledAt } }),
  };
}

/** @throws {TypeError} for an item that shipping didn't write. */
export function storedShipment(item: Item): StoredShipment {
  const status = item.status?.S;
  if (status !== 'LABEL_CREATED' && status !== 'CANCELLED') {
    throw new TypeError('a shipment has no known status');
  }
  return {
    status,
    fingerprint: item.fingerprint?.S as Fingerprint | undefined,
    cancelledTooLate: item.cancelledTooLateAt !== undefined,
  };
}

/** Optional members that aren't there stay away. */
function strings(members: Readonly<Record<string, string | undefined>>): Record<string, AttributeValue> {
  return Object.fromEntries(
    Object.entries(members).flatMap(([name, value]) => (value === undefined ? [] : [[name, { S: value }]])),
  );
}
