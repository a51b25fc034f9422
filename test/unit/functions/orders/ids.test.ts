import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CustomerId,
  EventId,
  eventIdFor,
  IdempotencyKey,
  OrderId,
  orderIdFor,
} from '../../../../functions/orders/ids.ts';

const idOf = (customer: string, key: string) =>
  orderIdFor(CustomerId.parse(customer), IdempotencyKey.parse(key));

/** Visible ASCII but the comma. */
const visibleAscii = (maxLength: number) =>
  fc.string({
    minLength: 1,
    maxLength,
    unit: fc
      .integer({ min: 0x21, max: 0x7e })
      .filter((code) => code !== 0x2c)
      .map((code) => String.fromCharCode(code)),
  });

describe('orderIdFor', () => {
  // Computed with Python: hashlib.sha256 over the length-prefixed parts, Crockford's alphabet in lower case.
  it.each([
    ['customer-1', 'key-1', 'ord_tx736eeyvctqjmf495bdysc50a'],
    ['c', 'k', 'ord_b7zy44334knshzacfhab7dh9mf'],
    ['~'.repeat(64), '!'.repeat(255), 'ord_dwtxqhwk0gtf7tptcjgj7fm1e8'],
  ])('gives the id that another implementation gives: %#', (customer, key, expected) => {
    expect(idOf(customer, key)).toBe(expected);
  });

  it('does not run customer and key together', () => {
    expect(idOf('ab', 'c')).not.toBe(idOf('a', 'bc'));
  });

  it('is the same for the same pair, another for another, and always an order id', () => {
    fc.assert(
      fc.property(visibleAscii(64), visibleAscii(255), visibleAscii(255), (customer, key, other) => {
        const id = idOf(customer, key);
        expect(OrderId.safeParse(id).success).toBe(true);
        expect(idOf(customer, other) === id).toBe(other === key);
      }),
    );
  });
});

describe('ids', () => {
  it('numbers the events of an order from 1', () => {
    const orderId = idOf('c', 'k');
    expect(eventIdFor(orderId, 1)).toBe(`${orderId}.1`);
    expect(() => eventIdFor(orderId, 0)).toThrow();
  });

  it.each(['', 'ord_', `ord_${'i'.repeat(26)}`, `ord_${'a'.repeat(25)}`, `ORD_${'a'.repeat(26)}`])(
    'refuses %j as an order id',
    (text) => {
      expect(OrderId.safeParse(text).success).toBe(false);
    },
  );

  it.each(['', ' ', 'a b', 'ä', 'a\n', 'a'.repeat(256), 'a,a', ','])(
    'refuses %j as an idempotency key',
    (text) => {
      expect(IdempotencyKey.safeParse(text).success).toBe(false);
    },
  );

  it.each(['.1', `ord_${'a'.repeat(26)}`, `ord_${'a'.repeat(26)}.01`, `ord_${'a'.repeat(26)}.1 `])(
    'refuses %j as an event id',
    (text) => {
      expect(EventId.safeParse(text).success).toBe(false);
    },
  );
});
