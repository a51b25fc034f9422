import type { InsertOutcome, Item, ReadResult } from '../../functions/dynamodb.ts';
import { contentAttributes, type Shipments, storedShipment } from '../../functions/shipping/shipments.ts';

/** Shipments in a map, under the conditions that the table's requests set. */
export function inMemoryShipments(items: Map<string, Item> = new Map()): Shipments {
  return {
    async insert(added) {
      return new Map(
        added.map((item): [string, InsertOutcome] => {
          const key = item.orderId?.S ?? '';
          if (items.has(key)) return [key, { kind: 'exists' }];
          items.set(key, item);
          return [key, { kind: 'inserted' }];
        }),
      );
    },
    async read(orderIds) {
      return new Map(
        orderIds.map((orderId): [string, ReadResult] => {
          const item = items.get(orderId);
          return [orderId, item === undefined ? { kind: 'absent' } : { kind: 'found', item }];
        }),
      );
    },
    async cancel({ orderId, cancelledAt }) {
      const before = items.get(orderId);
      if (before?.manifestId !== undefined) {
        items.set(orderId, { cancelledTooLateAt: { S: cancelledAt }, ...before });
      } else {
        const { awaitingCarrier: _, ...kept } = before ?? {};
        items.set(orderId, {
          orderId: { S: orderId },
          cancelledAt: { S: cancelledAt },
          ...kept,
          status: { S: 'CANCELLED' },
        });
      }
      return before && storedShipment(before);
    },
    async complete(placement) {
      const before = items.get(placement.orderId);
      if (before === undefined) throw new Error('there is no shipment to complete');
      if (before.fingerprint !== undefined) return { kind: 'has-content', stored: storedShipment(before) };
      items.set(placement.orderId, { ...before, ...contentAttributes(placement) });
      return { kind: 'completed' };
    },
  };
}
