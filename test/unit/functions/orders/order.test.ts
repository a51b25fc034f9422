import { describe, expect, it } from 'vitest';
import { cancelledOrder, PlaceOrder, placedOrder, totalOf } from '../../../../functions/orders/order.ts';
import { anOrder, cancelled, orderBody, orderId } from '../../../support/orders.ts';

const line = { sku: 'TEA-1', name: 'Tea', quantity: 1, unitPrice: 1 };

const address = (change: object) => ({ shippingAddress: { ...orderBody().shippingAddress, ...change } });
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
    ['a name that shows nothing', { lines: [{ ...line, name: '\u3164' }] }],
    ['a name that lost its letters on the way', { lines: [{ ...line, name: 'J\ufffdrg' }] }],
    ['a currency that has retired', { currency: 'BGN' }],
    ['a currency of no country', { currency: 'XXX' }],
    ['a mail address that no server takes', { email: `${'l'.repeat(65)}@example.com` }],
    ['no postal code where there is one', address({ postalCode: undefined })],
    ['an empty postal code', address({ country: 'HK', postalCode: '' })],
    ['half a surrogate pair', { lines: [{ ...line, name: '\ud800' }] }],
    ['an unknown field in a line', { lines: [{ ...line, colour: 'red' }] }],
    ['an unknown field', { voucher: 'x' }],
    ['an unknown currency', { currency: 'EUX' }],
    ['no mail address', { email: 'anna' }],
    ['a blank in the customer id', { customerId: 'a b' }],
    ['an unknown country', address({ country: 'ZZ' })],
    ['a country in lower case', address({ country: 'de' })],
  ])('refuses %s', (_, change) => {
    expect(accepts(change)).toBe(false);
  });

  it.each([
    ['no postal code in Hong Kong', address({ country: 'HK', postalCode: undefined })],
    ['one that somebody made up for it', address({ country: 'HK', postalCode: '000' })],
    ['the Caribbean guilder', { currency: 'XCG' }],
    ['a domain in Punycode', { email: 'anna@xn--mller-kva.de' }],
    ['a local part of signs', { email: 'r&d/x=y!z#~@example.com' }],
    ['names of any script', address({ name: '王小明', city: 'กรุงเทพ', line1: 'شارع' })],
    ['a line break in an address', address({ line1: 'Musterweg 1\nHinterhaus' })],
  ])('accepts %s', (_, change) => {
    expect(accepts(change)).toBe(true);
  });

  it('says which field misses its postal code', () => {
    const { error } = PlaceOrder.safeParse({ ...orderBody(), ...address({ postalCode: undefined }) });
    expect(error?.issues).toEqual([
      expect.objectContaining({
        path: ['shippingAddress', 'postalCode'],
        message: expect.stringContaining('is required'),
      }),
    ]);
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
