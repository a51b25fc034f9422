import { describe, expect, it } from 'vitest';
import { cancelledOrder, PlaceOrder, placedOrder, totalOf } from '../../../../functions/orders/order.ts';
import { anOrder, cancelled, orderBody, orderId } from '../../../support/orders.ts';

const line = { sku: 'TEA-1', name: 'Tea', quantity: 1, unitPrice: 1 };

const accepts = (change: object) => PlaceOrder.safeParse({ ...orderBody(), ...change }).success;

describe('PlaceOrder', () => {
  it('accepts an order at its limits', () => {
    const lines = Array.from({ length: 100 }, () => ({ ...line, quantity: 999, unitPrice: 10_000_000_000 }));
    expect(accepts({ lines })).toBe(true);
    expect(Number.isSafeInteger(totalOf(lines))).toBe(true);
  });

  it.each([
    ['no lines', { lines: [] }],
    ['101 lines', { lines: Array.from({ length: 101 }, () => line) }],
    ['quantity 0', { lines: [{ ...line, quantity: 0 }] }],
    ['quantity 1000', { lines: [{ ...line, quantity: 1000 }] }],
    ['half a quantity', { lines: [{ ...line, quantity: 1.5 }] }],
    ['an infinite price', { lines: [{ ...line, unitPrice: Number.POSITIVE_INFINITY }] }],
    ['a negative price', { lines: [{ ...line, unitPrice: -1 }] }],
    ['a price as text', { lines: [{ ...line, unitPrice: '1' }] }],
    ['a blank name', { lines: [{ ...line, name: ' ' }] }],
    ['half a surrogate pair', { lines: [{ ...line, name: '\ud800' }] }],
    ['an unknown field in a line', { lines: [{ ...line, colour: 'red' }] }],
    ['an unknown field', { voucher: 'x' }],
    ['an unknown currency', { currency: 'EUX' }],
    ['no mail address', { email: 'anna' }],
    ['a blank in the customer id', { customerId: 'a b' }],
    ['an unknown country', { shippingAddress: { ...orderBody().shippingAddress, country: 'ZZ' } }],
    ['a country in lower case', { shippingAddress: { ...orderBody().shippingAddress, country: 'de' } }],
  ])('refuses %s', (_, change) => {
    expect(accepts(change)).toBe(false);
  });

  it('takes -0, which JSON can say, for 0', () => {
    const order = PlaceOrder.parse({ ...orderBody(), lines: [{ ...line, unitPrice: -0 }] });
    expect(Object.is(order.lines[0]?.unitPrice, 0)).toBe(true);
  });
});

describe('an order', () => {
  it('is placed with its total, at seq 1', () => {
    const order = placedOrder(PlaceOrder.parse(orderBody()), orderId('k'), new Date(0));
    expect(order).toMatchObject({
      orderId: orderId('k'),
      status: 'PLACED',
      seq: 1,
      total: 900,
      placedAt: '1970-01-01T00:00:00.000Z',
    });
  });

  it('is cancelled once', () => {
    const once = cancelled(anOrder('k'));
    expect(once).toEqual({ ...anOrder('k'), status: 'CANCELLED', seq: 2 });
    expect(cancelledOrder(once)).toBeUndefined();
  });
});
