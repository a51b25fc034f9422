/** What shipping made of the topic. */
import type { Promised } from './check.ts';
import { fromSteps, type OrderEvent, orderEvents } from './events.ts';
import type { State, Step } from './observation.ts';

export const SHIPMENTS: readonly Promised[] = [
  {
    id: 'I7',
    says: 'each order on the topic has a shipment, and there is no other',
    broken: ({ end }) => shipmentsAstray(end),
  },
  {
    id: 'I7',
    says: 'a label is made once: what has content is only ever cancelled, and what is cancelled stays so',
    broken: (observation) => fromSteps(observation, labelsMadeAgain),
  },
  {
    id: 'I8',
    says: 'a shipment is cancelled exactly if its order is, and ships what was ordered, whatever came when',
    broken: ({ end }) => shipmentsAgainstTheirOrders(end),
  },
];

/** The row is the order's, so there can't be two. */
function shipmentsAstray(state: State): readonly string[] {
  const events = orderEvents(state);
  const shipped = new Map(state.shipments.map((shipment) => [shipment.orderId, shipment]));
  const missing = events.filter(({ orderId, type }) => {
    const shipment = shipped.get(orderId);
    return shipment === undefined || (type === 'OrderPlaced' && shipment.content === undefined);
  });
  const known = new Set(events.map(({ orderId }) => orderId));
  return [
    ...missing.map(({ orderId }) => `${orderId} has no shipment with content`),
    ...[...shipped.keys()]
      .filter((orderId) => !known.has(orderId))
      .map((orderId) => `a shipment is of ${orderId}, of which the topic knows nothing`),
  ];
}

function labelsMadeAgain(steps: readonly Step[]): readonly string[] {
  return steps.flatMap((step) => {
    if (step.what !== 'shipment written' || step.before === undefined) return [];
    const { before, after } = step;
    if (before.content === undefined) {
      const isRevived = before.status === 'CANCELLED' && after.status !== 'CANCELLED';
      return isRevived ? [`the cancelled shipment of ${after.orderId} came back`] : [];
    }
    const isCancelled = after.status === 'CANCELLED' && after.content === before.content;
    return isCancelled ? [] : [`the label of ${after.orderId} was made twice`];
  });
}

function shipmentsAgainstTheirOrders(state: State): readonly string[] {
  const shipments = new Map(state.shipments.map((shipment) => [shipment.orderId, shipment]));
  const byOrder = Map.groupBy(orderEvents(state), ({ orderId }) => orderId);
  return [...byOrder].flatMap(([orderId, events]) => {
    const shipment = shipments.get(orderId);
    if (shipment === undefined) return [];
    const expected = events.some(({ type }) => type === 'OrderCancelled') ? 'CANCELLED' : 'LABEL_CREATED';
    if (shipment.status !== expected) {
      return [`the shipment of ${orderId} is ${shipment.status}, not ${expected}`];
    }
    const placement = events.find(({ type }) => type === 'OrderPlaced');
    const isAsOrdered = placement === undefined || shipment.content === contentAskedFor(placement);
    return isAsOrdered || shipment.content === undefined
      ? []
      : [`the shipment of ${orderId} is not what was ordered`];
  });
}

/** What a shipment ships, in one form for what was ordered and for what is stored. */
export interface Shipped {
  readonly address: Readonly<Record<string, unknown>>;
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  readonly createdAt: unknown;
}

const ADDRESS = ['name', 'line1', 'line2', 'city', 'postalCode', 'country'] as const;

/** The same text for the same content. */
export function contentOf({ address, lines, createdAt }: Shipped): string {
  return JSON.stringify([
    ADDRESS.map((name) => address[name] ?? null),
    lines.map(({ sku, name, quantity }) => [sku, name, quantity]),
    createdAt,
  ]);
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
