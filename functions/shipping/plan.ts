import type { BatchEvent, OrderEvents } from '../kafka/fold.ts';
import { DONE, DUPLICATE, deadLetter, type Outcome } from '../kafka/outcome.ts';
import type { OrderId } from '../orders/ids.ts';
import {
  type Cancellation,
  cancellationOf,
  type Fingerprint,
  isCancellationKnown,
  type Placement,
  placementOf,
  type StoredShipment,
} from './shipment.ts';

/** What a batch asks of one order's shipment. */
export interface ShipmentPlan {
  readonly orderId: OrderId;
  readonly placements: readonly { readonly event: BatchEvent; readonly placement: Placement }[];
  readonly cancellations: readonly { readonly event: BatchEvent; readonly cancellation: Cancellation }[];
}

/** Sorts an order's events by what they ask for. The order between a placement and a cancellation doesn't matter. */
export function planShipment({ orderId, events }: OrderEvents): ShipmentPlan {
  const placements = [];
  const cancellations = [];
  for (const event of events) {
    switch (event.event.type) {
      case 'OrderPlaced':
        placements.push({ event, placement: placementOf(event.event.data) });
        break;
      case 'OrderCancelled':
        cancellations.push({ event, cancellation: cancellationOf(event.event.data) });
        break;
    }
  }
  return { orderId, placements, cancellations };
}

/** The write that is still missing after a shipment was found in its table. */
export type MissingWrite = 'none' | 'cancel' | 'complete';

/**
 * What a shipment that exists still needs for the plan to hold. Whether it is on a manifest isn't asked here: that could
 * change until the write, so the write itself asks.
 *
 *                            LABEL_CREATED   cancelled too late   CANCELLED   CANCELLED, without content
 *     placed                 none            none                 none        complete
 *     cancelled              cancel          none                 none        none
 *     placed and cancelled   cancel          none                 none        complete
 */
export function missingWrite(plan: ShipmentPlan, stored: StoredShipment): MissingWrite {
  if (!isCancellationKnown(stored)) return plan.cancellations.length > 0 ? 'cancel' : 'none';
  return stored.fingerprint === undefined && plan.placements.length > 0 ? 'complete' : 'none';
}

/** What this batch itself wrote to a shipment, and the content that stands there now. */
export interface ShipmentWrites {
  /** The placement whose content was written. */
  readonly placed: Placement | undefined;
  /** The cancellation was written, in time or too late. */
  readonly cancelled: boolean;
  readonly fingerprint: Fingerprint | undefined;
}

/**
 * How each event of a plan ends: the first one that a write served is done, others that say the same are duplicates, and
 * a placement that says otherwise than what stands there is a conflict: a bug of its producer, for a person to look at.
 */
export function outcomesOf(plan: ShipmentPlan, writes: ShipmentWrites): Map<BatchEvent, Outcome> {
  const outcomes = new Map<BatchEvent, Outcome>();
  for (const { event, placement } of plan.placements) {
    if (placement.fingerprint !== writes.fingerprint) outcomes.set(event, CONFLICT);
    else outcomes.set(event, placement === writes.placed ? DONE : DUPLICATE);
  }
  plan.cancellations.forEach(({ event }, index) => {
    outcomes.set(event, writes.cancelled && index === 0 ? DONE : DUPLICATE);
  });
  return outcomes;
}

const CONFLICT = deadLetter('conflict', {
  code: 'SHIPMENT_CONFLICT',
  detail: 'the order was placed before with another address, other lines or another time',
});
