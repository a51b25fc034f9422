import { describe, expect, it } from 'vitest';
import type {
  CancelResult,
  OrderStore,
  PlaceResult,
  StoredOrder,
} from '../../../../functions/checkout/order-store.ts';
import { cancelOrder, placeOrder } from '../../../../functions/checkout/place-and-cancel.ts';
import { PlaceOrder } from '../../../../functions/orders/order.ts';
import {
  anOrder,
  cancelled,
  idempotencyKey,
  orderBody,
  orderId,
  placedEvent,
  TRACEPARENT,
} from '../../../support/orders.ts';

/** No local engine raises a TransactionConflict, so the store says it here. */
function scriptedStore(script: {
  place?: PlaceResult[];
  cancel?: CancelResult[];
  find?: (StoredOrder | 'none')[];
}): OrderStore {
  const next = <T>(values: T[] | undefined): T => {
    const [value] = values?.splice(0, 1) ?? [];
    if (value === undefined) throw new Error('not in the script');
    return value;
  };
  return {
    place: async () => next(script.place),
    cancel: async () => next(script.cancel),
    find: async () => {
      const found = next(script.find);
      return found === 'none' ? undefined : found;
    },
  };
}

function ports(store: OrderStore) {
  const waits: number[] = [];
  const waiting = { sleep: async (ms: number) => waits.push(ms), random: () => 0.5 };
  return { waits, ports: { store, waiting, now: new Date(0), traceparent: TRACEPARENT } };
}

const order = anOrder('k');
const stored: StoredOrder = { order, contentHash: 'same', events: [placedEvent(order)] };
const request = {
  idempotencyKey: idempotencyKey('k'),
  order: PlaceOrder.parse(orderBody()),
  contentHash: 'same',
};
const contended: PlaceResult = { kind: 'contended' };

describe('placing an order that another transaction is at', () => {
  it('tries again with growing waits', async () => {
    const { waits, ports: given } = ports(
      scriptedStore({ place: [contended, contended, { kind: 'placed' }] }),
    );
    expect(await placeOrder(request, given)).toMatchObject({ kind: 'placed' });
    expect(waits).toEqual([12.5, 25]);
  });

  it('reads in the end what the other left', async () => {
    const { ports: given } = ports(scriptedStore({ place: Array(5).fill(contended), find: [stored] }));
    expect(await placeOrder(request, given)).toEqual({ kind: 'replayed', order });
  });

  it('gives up when there is nothing to read', async () => {
    const { ports: given } = ports(scriptedStore({ place: Array(5).fill(contended), find: ['none'] }));
    expect(await placeOrder(request, given)).toEqual({ kind: 'contended' });
  });

  it('answers a replay as the first request was answered, whatever has become of the order', async () => {
    const exists: PlaceResult = { kind: 'exists', stored: { ...stored, order: cancelled(order) } };
    const { ports: given } = ports(scriptedStore({ place: [exists] }));
    expect(await placeOrder(request, given)).toEqual({ kind: 'replayed', order });
  });

  it('refuses the key for other content', async () => {
    const { ports: given } = ports(scriptedStore({ place: [{ kind: 'exists', stored }] }));
    expect(await placeOrder({ ...request, contentHash: 'other' }, given)).toEqual({ kind: 'key-reused' });
  });
});

describe('cancelling an order that another transaction is at', () => {
  it('reads again, and finds it cancelled', async () => {
    const other = { ...stored, order: cancelled(order) };
    const { ports: given } = ports(scriptedStore({ cancel: ['changed'], find: [stored, other] }));
    expect(await cancelOrder(orderId('k'), given)).toEqual({
      kind: 'cancelled',
      order: other.order,
    });
  });

  it('tries again, then gives up', async () => {
    const { waits, ports: given } = ports(
      scriptedStore({ cancel: Array(5).fill('contended'), find: Array(5).fill(stored) }),
    );
    expect(await cancelOrder(orderId('k'), given)).toEqual({ kind: 'contended' });
    expect(waits).toHaveLength(4);
  });
});
