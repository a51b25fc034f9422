import { describe, expect, it } from 'vitest';
import { demoPlan } from '../../../../cli/demo/demo.ts';
import { isExact, type Observation, verdict } from '../../../../cli/demo/verdict.ts';
import { sampleOrder, totalOf } from '../../../../cli/order/sample-orders.ts';

const plan = demoPlan(30);
const orderIds = Array.from({ length: 30 }, (_, n) => `ord_${n}`);
const cancelled = new Set(plan.cancelled.map((n) => `ord_${n}`));
const status = (placed: string) =>
  new Map(orderIds.map((id) => [id, cancelled.has(id) ? 'CANCELLED' : placed] as const));

const revenueOf = (numbers: Iterable<number>) =>
  [...numbers].reduce((sum, n) => sum + totalOf(sampleOrder(n, plan.customers)), 0);

/** What a run sees in which nothing went wrong. */
function faultless(): Observation {
  return {
    created: 30,
    replayed: 3,
    killedEnvironments: 1,
    orders: status('PLACED'),
    outboxRows: 0,
    topic: {
      records: [20, 14, 10],
      events: new Map(orderIds.map((id) => [id, cancelled.has(id) ? [`${id}.1`, `${id}.2`] : [`${id}.1`]])),
      outOfOrder: 0,
      scattered: 0,
      differingCopies: 0,
    },
    mails: {
      thankYou: new Map(orderIds.map((id) => [id, 1])),
      cancellation: new Map([...cancelled].map((id) => [id, 1])),
      unknown: 0,
    },
    shipments: status('LABEL_CREATED'),
    sales: {
      orders: 30,
      cancellations: cancelled.size,
      revenue: revenueOf(orderIds.keys()),
      cancelled: revenueOf(plan.cancelled),
    },
    deadLetters: 0,
  };
}

const without = <K, V>(map: ReadonlyMap<K, V>, key: K) => new Map([...map].filter(([each]) => each !== key));
const withEntry = <K, V>(map: ReadonlyMap<K, V>, key: K, value: V) => new Map([...map, [key, value]]);

describe('verdict', () => {
  it('is exact for a run in which nothing went wrong', () => {
    expect(verdict(plan, faultless()).filter(({ expected, counted }) => expected !== counted)).toEqual([]);
  });

  it('finds no contradiction in a cancellation that the shipment has recorded as too late', () => {
    const [first = ''] = cancelled;
    const contradictions = (order: string) => {
      const seen = {
        ...faultless(),
        shipments: withEntry(faultless().shipments, order, 'CANCELLED_TOO_LATE'),
      };
      return verdict(plan, seen).find(({ what }) => what.startsWith('contradictions'))?.counted;
    };
    expect(contradictions(first)).toBe(0);
    expect(contradictions('ord_1')).toBe(cancelled.has('ord_1') ? 0 : 1);
  });

  const good = faultless();
  const [first = ''] = cancelled;
  const defects: Record<string, Partial<Observation>> = {
    'an order that was counted twice': { sales: { ...good.sales, orders: 31 } },
    'an order that was counted with another total': {
      sales: { ...good.sales, revenue: good.sales.revenue + 1 },
    },
    'a cancellation that was not counted': { sales: { ...good.sales, cancellations: 9 } },
    'an order that was lost': { orders: without(good.orders, 'ord_1') },
    'an order that was answered and not stored twice': { created: 31 },
    'a repetition that made a second order': { replayed: 2, created: 31 },
    'an order that was not cancelled': { orders: withEntry(good.orders, first, 'PLACED') },
    'a row left in the outbox': { outboxRows: 1 },
    'an event that never came': { topic: { ...good.topic, events: without(good.topic.events, 'ord_1') } },
    'a record too many': { topic: { ...good.topic, records: [21, 14, 10] } },
    'an event out of order': { topic: { ...good.topic, outOfOrder: 1 } },
    'an order on two partitions': { topic: { ...good.topic, scattered: 1 } },
    'a copy with other bytes': { topic: { ...good.topic, differingCopies: 1 } },
    'a mail that was not sent': { mails: { ...good.mails, thankYou: without(good.mails.thankYou, 'ord_2') } },
    'a mail that was sent twice': {
      mails: { ...good.mails, thankYou: withEntry(good.mails.thankYou, 'ord_2', 2) },
    },
    'one mail lost and another sent twice': {
      mails: { ...good.mails, thankYou: withEntry(without(good.mails.thankYou, 'ord_2'), 'ord_3', 2) },
    },
    'a cancellation nobody was told of': {
      mails: { ...good.mails, cancellation: without(good.mails.cancellation, first) },
    },
    'a mail of no known kind': { mails: { ...good.mails, unknown: 1 } },
    'a shipment that is missing': { shipments: without(good.shipments, 'ord_4') },
    'a cancelled order that ships': { shipments: withEntry(good.shipments, first, 'LABEL_CREATED') },
    'a shipment without an order': {
      shipments: withEntry(without(good.shipments, 'ord_4'), 'ord_x', 'LABEL_CREATED'),
    },
    'a dead letter': { deadLetters: 1 },
    'no environment killed': { killedEnvironments: 0 },
  };
  it.each(Object.entries(defects))('is not exact with %s', (_, defect) => {
    expect(isExact(verdict(plan, { ...faultless(), ...defect }))).toBe(false);
  });
});
