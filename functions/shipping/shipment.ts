import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { OrderCancelledData, OrderPlacedData } from '../orders/events.ts';
import type { OrderId } from '../orders/ids.ts';
import type { OrderLine, ShippingAddress } from '../orders/order.ts';
import { type Carrier, carrierFor, type WeightClass, weightClassOf } from './carrier.ts';

/**
 * `CANCELLED` is final: a placement that arrives later doesn't bring the shipment back. A shipment on a manifest stays
 * `LABEL_CREATED`: the carrier has it.
 */
type ShipmentStatus = 'LABEL_CREATED' | 'CANCELLED';

/** What is to be shipped, and when it was ordered: all of it from the placement, so that a replay says the same. */
export interface Placement {
  readonly orderId: OrderId;
  readonly address: ShippingAddress;
  readonly lines: readonly Pick<OrderLine, 'sku' | 'name' | 'quantity'>[];
  /** ISO 8601 in UTC: the time of the order, not of the label. */
  readonly createdAt: string;
  readonly weightClass: WeightClass;
  readonly carrier: Carrier;
  /** Tells this placement from another one of the same order. */
  readonly fingerprint: Fingerprint;
}

/** SHA-256, in hexadecimal digits, of what a placement ships. */
export type Fingerprint = string & { readonly __fingerprint: never };

/** That an order isn't to be shipped. */
export interface Cancellation {
  readonly orderId: OrderId;
  /** ISO 8601 in UTC. */
  readonly cancelledAt: string;
}

/** A shipment as its table has it, as far as decisions need it. Without fingerprint: cancelled before it was placed. */
export interface StoredShipment {
  readonly status: ShipmentStatus;
  readonly fingerprint: Fingerprint | undefined;
  /** Its cancellation came when it was on a manifest, and is recorded. */
  readonly cancelledTooLate: boolean;
}

/** Whether the order's cancellation has been written: in time or too late. */
export function isCancellationKnown({ status, cancelledTooLate }: StoredShipment): boolean {
  return status === 'CANCELLED' || cancelledTooLate;
}

/** The shipment that a placement asks for. */
export function placementOf(data: OrderPlacedData): Placement {
  const { orderId, shippingAddress: address, placedAt: createdAt } = data;
  const lines = data.lines.map(({ sku, name, quantity }) => ({ sku, name, quantity }));
  const content = { orderId, address, lines, createdAt };
  const weightClass = weightClassOf(lines);
  const carrier = carrierFor(address, weightClass);
  return { ...content, weightClass, carrier, fingerprint: fingerprintOf(content) };
}

/** What a cancellation says to shipping. */
export function cancellationOf({ orderId, cancelledAt }: OrderCancelledData): Cancellation {
  return { orderId, cancelledAt };
}

/** Only over what ships: a newer minor of the contract, a corrected price or another rule for carriers is still the same parcel. */
function fingerprintOf(content: Pick<Placement, 'orderId' | 'address' | 'lines' | 'createdAt'>): Fingerprint {
  const bytes = canonicalize(content) ?? '';
  return createHash('sha256').update(bytes).digest('hex') as Fingerprint;
}
