import { describe, expect, it } from 'vitest';
import { fromOrderItem, toOrderItem } from '../../../../functions/checkout/order-store.ts';
import { anOrder, cancelled, placedEvent } from '../../../support/orders.ts';

const order = anOrder('k');
const stored = { order, contentHash: 'abc', events: [placedEvent(order)] };

describe('an order row', () => {
  it('reads back as it was written', () => {
    const { key, value, headers } = placedEvent(order);
    expect(fromOrderItem(toOrderItem(stored))).toEqual({ ...stored, events: [{ key, value, headers }] });
  });

  it('keeps the order of the headers', () => {
    const [event] = fromOrderItem(toOrderItem(stored)).events;
    expect(Object.keys(event?.headers ?? {})).toEqual(Object.keys(placedEvent(order).headers));
  });

  it('has the state it is in, beside what was ordered', () => {
    const item = toOrderItem({ ...stored, order: cancelled(order) });
    expect(fromOrderItem(item).order).toEqual({ ...order, status: 'CANCELLED', seq: 2 });
  });

  it('is read whatever rules came after it: its first event has what was asked for then', () => {
    const { value, ...event } = placedEvent(order);
    const written = JSON.parse(Buffer.from(value).toString('utf8'));
    const earlier = {
      ...written,
      schemaVersion: '1.0',
      currency: 'HRK',
      shippingAddress: { ...written.shippingAddress, country: 'AN' },
      lines: written.lines.map((line: object) => ({ ...line, quantity: 5_000 })),
    };
    const item = toOrderItem({
      ...stored,
      events: [{ ...event, value: Buffer.from(JSON.stringify(earlier)) }],
    });
    expect(fromOrderItem(item).order).toMatchObject({
      currency: 'HRK',
      shippingAddress: { country: 'AN' },
      lines: [{ quantity: 5_000 }],
    });
  });

  it.each(['status', 'seq', 'contentHash', 'events'])('is refused without %s', (attribute) => {
    const { [attribute]: _, ...item } = toOrderItem(stored);
    expect(() => fromOrderItem(item)).toThrow(expect.objectContaining({ code: 'ORDER_ROW_INVALID' }));
  });
});
