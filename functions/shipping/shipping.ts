import { mapConcurrently } from '../concurrency.ts';
import { type InsertOutcome, itemVanished, type ReadResult } from '../dynamodb.ts';
import { type ConsumerPorts, consume, type KafkaHandler } from '../kafka/consume.ts';
import type { Effect } from '../kafka/effect.ts';
import type { BatchEvent, OrderEvents } from '../kafka/fold.ts';
import { DONE, DUPLICATE, deadLetter, type Outcome, outcomeOfError } from '../kafka/outcome.ts';
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
import { type Shipments, shipmentItem, storedShipment } from './shipments.ts';

export interface ShippingPorts extends ConsumerPorts {
  readonly shipments: Shipments;
}

/** The consumer that creates a shipping label for each order placed, and withdraws it for each one cancelled. */
export function shippingHandler(ports: ShippingPorts): KafkaHandler {
  return consume(shippingEffect(ports.shipments), ports);
}

/** Orders that need a write of their own, at once. */
const ORDERS_IN_FLIGHT = 10;

/**
 * The label of an order, exactly once: the shipment's item is the effect and the claim to it.
 *
 * All placements of a batch are inserted together; only orders that were cancelled, or that exist, can need one more write
 * each. Whatever the order, the repetition and the batches of an order's events, the same item is left in the end.
 */
export function shippingEffect(shipments: Shipments): Effect {
  return async (orders, { signal }) => {
    const plans = orders.map(planShipment);
    const inserted = await shipments.insert(plans.flatMap(insertion), signal);
    const met = plans.filter(({ orderId }) => inserted.get(orderId)?.kind === 'exists');
    const read = await shipments.read(
      met.map(({ orderId }) => orderId),
      signal,
    );
    const outcomes = await mapConcurrently(plans, ORDERS_IN_FLIGHT, async (plan) => {
      try {
        return await finish(plan, inserted.get(plan.orderId), read.get(plan.orderId), shipments, signal);
      } catch (error) {
        return sameForAll(plan, outcomeOfError(error));
      }
    });
    return new Map(outcomes.flatMap((order) => [...order]));
  };
}

/** The first placement stands for the order; the rest is compared with what stands there afterwards. */
function insertion({ placements, cancellations }: ShipmentPlan) {
  const [first] = placements;
  return first === undefined ? [] : [shipmentItem(first.placement, cancellations[0]?.cancellation)];
}

async function finish(
  plan: ShipmentPlan,
  inserted: InsertOutcome | undefined,
  read: ReadResult | undefined,
  shipments: Shipments,
  signal: AbortSignal,
): Promise<Map<BatchEvent, Outcome>> {
  switch (inserted?.kind) {
    case 'inserted': {
      const placed = plan.placements[0]?.placement;
      const cancelled = plan.cancellations.length > 0;
      return outcomesOf(plan, { placed, cancelled, fingerprint: placed?.fingerprint });
    }
    case 'exists':
      if (read?.kind !== 'found')
        return sameForAll(plan, outcomeOfError(read?.kind === 'failed' ? read.error : itemVanished()));
      return outcomesOf(plan, await writeMissing(plan, storedShipment(read.item), shipments, signal));
    case 'failed':
      return sameForAll(plan, outcomeOfError(inserted.error));
    case undefined:
      return outcomesOf(plan, await cancel(plan, shipments, signal));
  }
}

async function writeMissing(
  plan: ShipmentPlan,
  stored: StoredShipment,
  shipments: Shipments,
  signal: AbortSignal,
): Promise<ShipmentWrites> {
  const { fingerprint } = stored;
  switch (missingWrite(plan, stored)) {
    case 'none':
      return { placed: undefined, cancelled: false, fingerprint };
    case 'cancel':
      return { ...(await cancel(plan, shipments, signal)), fingerprint };
    case 'complete': {
      const placed = plan.placements[0]?.placement;
      if (placed === undefined) return { placed, cancelled: false, fingerprint };
      const completed = await shipments.complete(placed, signal);
      return completed.kind === 'completed'
        ? { placed, cancelled: false, fingerprint: placed.fingerprint }
        : { placed: undefined, cancelled: false, fingerprint: completed.stored.fingerprint };
    }
  }
}

async function cancel(
  plan: ShipmentPlan,
  shipments: Shipments,
  signal: AbortSignal,
): Promise<ShipmentWrites> {
  const [first] = plan.cancellations;
  const before = first && (await shipments.cancel(first.cancellation, signal));
  const cancelled = before === undefined || !isCancellationKnown(before);
  return { placed: undefined, cancelled, fingerprint: before?.fingerprint };
}

function sameForAll(plan: ShipmentPlan, outcome: Outcome): Map<BatchEvent, Outcome> {
  return new Map([...plan.placements, ...plan.cancellations].map(({ event }) => [event, outcome]));
}

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
