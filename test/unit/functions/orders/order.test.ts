import { describe, expect, it } from 'vitest';
import { PlaceOrder, totalOf } from '../../../../functions/orders/order.ts';
import { orderBody } from '../../../support/orders.ts';

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
    ['no postal code where there is one', address({ postalCode: undefined })],
    ['an empty postal code', address({ country: 'HK', postalCode: '' })],
    ['half a surrogate pair', { lines: [{ ...line, name: '\ud800' }] }],
    ['an unknown field in a line', { lines: [{ ...line, colour: 'red' }] }],
    ['an unknown field', { voucher: 'x' }],
    ['an unknown currency', { currency: 'EUX' }],
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

const label = (length: number) => 'd'.repeat(length);
/** 63 + 1 + 63 + 1 + 63 = 191 characters. */
const domainOf191 = [label(63), label(63), label(63)].join('.');

describe('a mail address', () => {
  it.each([
    'anna@example.com',
    'a@b.co',
    'anna.maria+shop@mail.example.co.uk',
    "o'brien@example.com",
    'r&d@example.com',
    'a/b=c!d#e~f@example.com',
    '$%*?^_`{|}-@example.com',
    '-@example.com',
    'user--name@example.com',
    '1@2.com',
    'anna@xn--mller-kva.de',
    'anna@example.xn--p1ai',
    'anna@a--b.example',
    'Anna@EXAMPLE.COM',
    `${'l'.repeat(64)}@example.com`,
    `a@${label(63)}.com`,
    `${'l'.repeat(62)}@${domainOf191}`,
  ])('is %s', (text) => {
    expect(accepts({ email: text })).toBe(true);
  });

  it.each([
    ['nothing', ''],
    ['no at sign', 'anna'],
    ['no local part', '@example.com'],
    ['no domain', 'anna@'],
    ['two at signs', 'anna@example.com@example.com'],
    ['a dot at the start', '.anna@example.com'],
    ['a dot at the end', 'anna.@example.com'],
    ['two dots', 'anna..maria@example.com'],
    ['a space', 'anna maria@example.com'],
    ['a line break', 'anna@example.com\r\nBcc: x@example.com'],
    ['two addresses', 'anna@example.com,bob@example.com'],
    ['a name', 'Anna <anna@example.com>'],
    ['a comment', 'anna(home)@example.com'],
    ['a backslash', 'an\\na@example.com'],
    ['quotes', '"anna maria"@example.com'],
    ['a local part of 65', `${'l'.repeat(65)}@example.com`],
    ['255 characters', `${'l'.repeat(63)}@${domainOf191}`],
    ['a label of 64', `a@${label(64)}.com`],
    ['a label of none', 'a@b..com'],
    ['a dot behind it', 'a@b.com.'],
    ['one label', 'a@localhost'],
    ['a hyphen that begins a label', 'a@-b.com'],
    ['a hyphen that ends a label', 'a@b-.com'],
    ['an underscore in its domain', 'a@b_c.com'],
    ['an address of the network', 'a@127.0.0.1'],
    ['an address literal', 'a@[127.0.0.1]'],
    ['letters that SES does not take', 'jörg@example.com'],
    ['a domain that is not in Punycode', 'a@müller.de'],
    ['a full-width at sign', 'anna\uff20example.com'],
  ])('is none with %s', (_, text) => {
    expect(accepts({ email: text })).toBe(false);
  });
});
