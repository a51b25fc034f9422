/** What shipping made of the topic. */

import type { Violation } from '../../support/invariants.ts';
import type { State } from './observation.ts';
import { type OrderEvent, orderEvents } from './order-events.ts';
import { violationsOf } from './violation.ts';

/** I7: each order on the topic has a shipment, and there is no other. The row is the order's, so there can't be two. */
export function oneShipmentPerOrder(state: State): readonly Violation[] {
  const placed = new Set(orderEvents(state).map(({ orderId }) => orderId));
  const shipped = new Map(state.shipments.map(({ orderId, content }) => [orderId, content]));
  const missing = [...placed].filter((orderId) => shipped.get(orderId) === undefined);
  const unknown = [...shipped.keys()].filter((orderId) => !placed.has(orderId));
  return [
    ...violationsOf('I7', missing, (orderId) => `${orderId} has no shipment with content`),
    ...violationsOf(
      'I7',
      unknown,
      (orderId) => `a shipment is of ${orderId}, of which the topic knows nothing`,
    ),
  ];
}

/** Commutation: a shipment is cancelled exactly if its order is, and ships what was ordered. */
export function shipmentsFollowEvents(state: State): readonly Violation[] {
  const shipments = new Map(state.shipments.map((shipment) => [shipment.orderId, shipment]));
  const byOrder = Map.groupBy(orderEvents(state), ({ orderId }) => orderId);
  return [...byOrder].flatMap(([orderId, events]): readonly Violation[] => {
    const shipment = shipments.get(orderId);
    if (shipment === undefined) return [];
    const expected = events.some(({ type }) => type === 'OrderCancelled') ? 'CANCELLED' : 'LABEL_CREATED';
    if (shipment.status !== expected) {
      return [{ id: 'commute', text: `the shipment of ${orderId} is ${shipment.status}, not ${expected}` }];
    }
    const placement = events.find(({ type }) => type === 'OrderPlaced');
    const isAsOrdered = placement === undefined || shipment.content === contentAskedFor(placement);
    return isAsOrdered || shipment.content === undefined
      ? []
      : [{ id: 'commute', text: `the shipment of ${orderId} is not what was ordered` }];
  });
}

/** What a shipment ships, in one form for what was ordered and for what is stored. */
export interface Shipped {
  readonly address: Readonly<Record<string, unknown>>;
  readonly lines: readonly { readonly sku: unknown; readonly name: unknown; readonly quantity: unknown }[];
  readonly createdAt: unknown;
}

/** The same text for the same content. */
export function contentOf({ address, lines, createdAt }: Shipped): string {
  const parts = Object.entries(address).sort(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify([parts, lines.map(({ sku, name, quantity }) => [sku, name, quantity]), createdAt]);
}

function contentAskedFor({ data }: OrderEvent): string {
  // Checked by I3: the event says what was asked for.
  const { shippingAddress, lines, placedAt } = data as unknown as {
    readonly shippingAddress: Shipped['address'];
    readonly lines: Shipped['lines'];
    readonly placedAt: string;
  };
  return contentOf({ address: shippingAddress, lines, createdAt: placedAt });
}
