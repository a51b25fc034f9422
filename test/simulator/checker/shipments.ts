/** What shipping made of the topic. */
import { isDeepStrictEqual } from 'node:util';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Violation } from '../../support/invariants.ts';
import type { Item } from '../dynamodb/tables.ts';
import type { Evidence } from '../evidence.ts';
import { type OrderEvent, orderEvents } from './topic-events.ts';

/** I7: an order's label is made once: what has content is only ever cancelled, and what is cancelled stays so. */
export function oneLabelPerOrder({ history }: Evidence): Violation[] {
  return history.past.flatMap((past): Violation[] => {
    if (past.what !== 'written' || past.table !== 'Shipments') return [];
    const { before, after, key } = past;
    if (before?.fingerprint === undefined) {
      const isRevived = before?.status?.S === 'CANCELLED' && after?.status?.S !== 'CANCELLED';
      return isRevived ? [{ id: 'I7', text: `the cancelled shipment ${key} came back` }] : [];
    }
    const isCancelled =
      after?.status?.S === 'CANCELLED' && isDeepStrictEqual(contentOf(before), contentOf(after));
    return isCancelled ? [] : [{ id: 'I7', text: `the label of ${key} was made twice` }];
  });
}

/**
 * I7 and commutation: in the end there is a shipment for each placement, with its content, and its status says whether
 * there is a cancellation, whatever came when: what Lambda gave up comes last, when it is replayed.
 */
export function shipmentsFollowEvents(evidence: Evidence): Violation[] {
  const byOrder = Map.groupBy(orderEvents(evidence), ({ orderId }) => orderId);
  return [...byOrder].flatMap(([orderId, events]): Violation[] => {
    const shipment = evidence.tables.shipments.get({ orderId: { S: orderId } });
    const isCancelled = events.some(({ type }) => type === 'OrderCancelled');
    const placement = events.find(({ type }) => type === 'OrderPlaced');
    const status = isCancelled ? 'CANCELLED' : 'LABEL_CREATED';
    if (shipment === undefined) return [{ id: 'I7', text: `${orderId} has no shipment` }];
    if (shipment.status?.S !== status) {
      return [{ id: 'commute', text: `the shipment of ${orderId} is ${shipment.status?.S}, not ${status}` }];
    }
    if (placement === undefined || isDeepStrictEqual(contentOf(shipment), contentAskedFor(placement)))
      return [];
    return [{ id: 'commute', text: `the shipment of ${orderId} isn't what was ordered` }];
  });
}

/** Without what shipping adds for itself. */
function contentOf({ address, lines, createdAt }: Item): unknown {
  return plain({
    M: { ...(address && { address }), ...(lines && { lines }), ...(createdAt && { createdAt }) },
  });
}

interface Ordered {
  readonly shippingAddress: object;
  readonly lines: readonly { readonly sku: string; readonly name: string; readonly quantity: number }[];
  readonly placedAt: string;
}

function contentAskedFor({ record }: OrderEvent): unknown {
  const { shippingAddress, lines, placedAt }: Ordered = JSON.parse(String(record.value));
  const { name, line1, line2, city, postalCode, country } = shippingAddress as Record<
    string,
    string | undefined
  >;
  return {
    address: {
      name,
      line1,
      ...(line2 !== undefined && { line2 }),
      city,
      ...(postalCode !== undefined && { postalCode }),
      country,
    },
    lines: lines.map(({ sku, name, quantity }) => ({ sku, name, quantity })),
    createdAt: placedAt,
  };
}

function plain(value: AttributeValue): unknown {
  if (value.M !== undefined) {
    return Object.fromEntries(Object.entries(value.M).map(([name, member]) => [name, plain(member)]));
  }
  if (value.L !== undefined) return value.L.map(plain);
  return value.N === undefined ? value.S : Number(value.N);
}
