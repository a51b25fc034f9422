import { describe, expect, it } from 'vitest';
import {
  type Decision,
  decide,
  evolve,
  initialState,
  type OrderCommand,
  type OrderState,
} from '../../../../functions/orders/decider.ts';
import type { OrderEvent } from '../../../../functions/orders/events.ts';
import { PlaceOrder } from '../../../../functions/orders/order.ts';
import { anOrder, orderBody, orderCancelled, orderId, orderPlaced } from '../../../support/orders.ts';

/** An order of these events, told to do something, and what it makes of that. */
function given(...events: readonly OrderEvent[]) {
  const state = events.reduce<OrderState>(evolve, initialState);
  return {
    when(command: OrderCommand) {
      const decision: Decision = decide(command, state);
      return {
        thenHappens: (...expected: readonly OrderEvent[]) =>
          expect(decision).toEqual({ kind: 'events', events: expected }),
        thenNothing: () => expect(decision).toEqual({ kind: 'nothing', order: state }),
        thenRefused: (reason: string) => expect(decision).toEqual({ kind: 'refused', reason }),
      };
    },
    thenIs: (expected: object) => expect(state).toEqual(expected),
  };
}

const placedAt = new Date('2026-03-01T12:00:00.000Z');
const later = new Date('2026-03-01T12:05:00.000Z');

const place = (change: object = {}): OrderCommand => ({
  type: 'PlaceOrder',
  orderId: orderId('k'),
  asked: PlaceOrder.parse({ ...orderBody(), ...change }),
  now: placedAt,
});
const cancel: OrderCommand = { type: 'CancelOrder', orderId: orderId('k'), now: later };

const placed: OrderEvent = {
  type: 'OrderPlaced',
  eventId: `${orderId('k')}.1` as OrderEvent['eventId'],
  data: {
    ...PlaceOrder.parse(orderBody()),
    orderId: orderId('k'),
    seq: 1,
    total: 900,
    placedAt: placedAt.toISOString(),
    schemaVersion: '2.0',
  },
};
const cancelled: OrderEvent = {
  type: 'OrderCancelled',
  eventId: `${orderId('k')}.2` as OrderEvent['eventId'],
  data: {
    orderId: orderId('k'),
    customerId: placed.data.customerId,
    seq: 2,
    schemaVersion: '2.0',
    email: 'anna@example.com',
    currency: 'EUR',
    total: 900,
    cancelledAt: later.toISOString(),
  },
};

describe('an order', () => {
  it('is placed with its total, as its first event', () => {
    given().when(place()).thenHappens(placed);
  });

  it('is placed once, however often it is asked for, and in whatever form', () => {
    given(placed).when(place()).thenNothing();
    given(placed)
      .when(place(Object.fromEntries(Object.entries(orderBody()).reverse())))
      .thenNothing();
    given(placed)
      .when({ ...place(), now: later })
      .thenNothing();
    given(placed, cancelled).when(place()).thenNothing();
  });

  it.each([
    { email: 'bob@example.com' },
    { shippingAddress: { ...orderBody().shippingAddress, line2: 'Hinterhaus' } },
    { currency: 'USD' },
    { lines: [...orderBody().lines, ...orderBody().lines] },
  ])('is not placed over another one: %j', (change) => {
    given(placed).when(place(change)).thenRefused('other-order');
    given(placed, cancelled).when(place(change)).thenRefused('other-order');
  });

  it('is cancelled once, as its next event', () => {
    given(placed).when(cancel).thenHappens(cancelled);
    given(placed, cancelled).when(cancel).thenNothing();
  });

  it('is cancelled only if there is one', () => {
    given().when(cancel).thenRefused('no-order');
  });

  it('is what its events have made of it', () => {
    const { schemaVersion: _, ...facts } = placed.data;
    given().thenIs({ status: 'ABSENT', seq: 0 });
    given(placed).thenIs({ ...facts, status: 'PLACED' });
    given(placed, cancelled).thenIs({ ...facts, status: 'CANCELLED', seq: 2 });
  });

  it('begins with its placement', () => {
    expect(() => given(cancelled)).toThrow(expect.objectContaining({ code: 'ORDER_WITHOUT_PLACEMENT' }));
  });

  it('is the order that other tests are about', () => {
    expect([orderPlaced(anOrder('k')), orderCancelled(anOrder('k'))]).toEqual([placed, cancelled]);
  });
});
