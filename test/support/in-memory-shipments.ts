import type { Item } from '../../functions/dynamodb.ts';
import type { InsertResult } from '../../functions/ledger/insert-new.ts';
import { contentAttributes, type Shipments, storedShipment } from '../../functions/shipping/shipments.ts';

/** Shipments in a map, under the conditions that the table's requests set. */
export function inMemoryShipments(items: Map<string, Item> = new Map()): Shipments {
  return {
    async insertNew(added) {
      return new Map(
        added.map((item): [string, InsertResult] => {
          const key = item.orderId?.S ?? '';
          const existing = items.get(key);
          if (existing !== undefined) return [key, { kind: 'exists', item: existing }];
          items.set(key, item);
          return [key, { kind: 'inserted' }];
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
