import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Item } from '../dynamodb.ts';
import type { Cancellation, Fingerprint, Placement, StoredShipment } from './shipment.ts';

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
