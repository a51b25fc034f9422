import { describe, expect, it } from 'vitest';
import { decide, ON_TOPIC_MS, type OrderTraces } from '../../../../cli/erase/erase.ts';

const lastEventAt = Date.parse('2026-03-01T12:00:00.000Z');
const forgotten = lastEventAt + ON_TOPIC_MS;
const shipped: OrderTraces = {
  orderId: 'ord_1',
  lastEventAt,
  unpublished: 0,
  shipment: 'settled',
  letters: [{ consumer: 'email-service', recordId: 'orders-0@1#1', isReplaying: false }],
};

describe('decide', () => {
  it.each<[string, Partial<OrderTraces>]>([
    ['that was shipped', {}],
    ['without shipment', { shipment: 'none' }],
    ['without letters', { letters: [] }],
  ])('an order %s can be erased as soon as the topic has forgotten it', (_what, traces) => {
    expect(decide({ ...shipped, ...traces }, forgotten)).toEqual({ kind: 'erase' });
    expect(decide({ ...shipped, ...traces }, forgotten - 1)).toEqual({
      kind: 'wait',
      why: 'on the topic',
      until: forgotten,
    });
  });

  it.each<[string, Partial<OrderTraces>]>([
    ['unpublished', { unpublished: 1 }],
    ['no manifest yet', { shipment: 'awaits a manifest' }],
    ['being replayed', { letters: shipped.letters.map((letter) => ({ ...letter, isReplaying: true })) }],
  ])('%s: an order waits, however old it is', (why, traces) => {
    expect(decide({ ...shipped, ...traces }, forgotten * 2)).toEqual({ kind: 'wait', why });
  });
});
