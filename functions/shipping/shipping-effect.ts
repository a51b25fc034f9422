import { mapConcurrently } from '../concurrency.ts';
import type { Effect } from '../kafka/effect.ts';
import type { BatchEvent } from '../kafka/fold.ts';
import { type Outcome, outcomeOfError } from '../kafka/outcome.ts';
import type { InsertResult } from '../ledger/insert-new.ts';
import { missingWrite, outcomesOf, planShipment, type ShipmentPlan, type ShipmentWrites } from './plan.ts';
import { isCancellationKnown, type StoredShipment } from './shipment.ts';
import { shipmentItem, storedShipment } from './shipment-item.ts';
import type { Shipments } from './shipments.ts';

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
    const inserts = await shipments.insertNew(plans.flatMap(insertion), signal);
    const outcomes = await mapConcurrently(plans, ORDERS_IN_FLIGHT, async (plan) => {
      try {
        return await settle(plan, inserts.get(plan.orderId), shipments, signal);
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

async function settle(
  plan: ShipmentPlan,
  insert: InsertResult | undefined,
  shipments: Shipments,
  signal: AbortSignal,
): Promise<Map<BatchEvent, Outcome>> {
  switch (insert?.kind) {
    case 'inserted': {
      const placed = plan.placements[0]?.placement;
      const cancelled = plan.cancellations.length > 0;
      return outcomesOf(plan, { placed, cancelled, fingerprint: placed?.fingerprint });
    }
    case 'exists':
      return outcomesOf(plan, await writeMissing(plan, storedShipment(insert.item), shipments, signal));
    case 'failed':
      return sameForAll(plan, outcomeOfError(insert.error));
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
