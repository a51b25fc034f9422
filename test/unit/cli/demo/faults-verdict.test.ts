import { describe, expect, it } from 'vitest';
import { faultsPlan } from '../../../../cli/demo/faults.ts';
import {
  type FaultsObservation,
  faultsVerdict,
  poison,
  poisoned,
} from '../../../../cli/demo/faults-verdict.ts';
import { isExact } from '../../../../cli/demo/verdict.ts';
import { sampleOrder, totalOf } from '../../../../cli/order/sample-orders.ts';

const plan = faultsPlan(40, poison.length);
const orderIds = Array.from({ length: 40 }, (_, n) => `ord_${n}`);
const each = <T>(value: T) => new Map(orderIds.map((orderId) => [orderId, value]));

const revenueOf = (numbers: Iterable<number>) =>
  [...numbers].reduce((sum, n) => sum + totalOf(sampleOrder(n, plan.customers)), 0);

/** What a run sees in which everything went wrong as planned, and nothing else. */
function asPlanned(): FaultsObservation {
  const events = new Map(orderIds.map((orderId) => [orderId, [`${orderId}.1`]]));
  for (let n = 0; n < poison.length; n++) events.set(`poison-${n}`, [`poison-${n}.1`]);
  return {
    created: 40,
    orders: each('PLACED'),
    outboxRows: 0,
    topic: { records: [45], events, outOfOrder: 0, scattered: 0, differingCopies: 0 },
    mails: { thankYou: each(1), cancellation: new Map(), unknown: 0 },
    shipments: each('LABEL_CREATED'),
    sales: { orders: 40, cancellations: 0, revenue: revenueOf(orderIds.keys()), cancelled: 0 },
    letters: new Map([
      ...['email-service', 'shipping-service', 'sales-service'].flatMap((consumer) =>
        (['unparseable', 'invalid'] as const).map((reason): [string, number] => [
          `${consumer} ${reason} OPEN`,
          poisoned(reason),
        ]),
      ),
      ['shipping-service retries-exhausted REPLAYED', 1],
    ]),
    crashed: 46,
    allowed: 46,
    outage: { shipped: plan.down - 1, mailed: 0, outlastedAnInvocation: true },
    replayed: 1,
    dark: { shipped: plan.dark, mailed: 0, lag: plan.dark, delivered: plan.dark },
  };
}

const without = <K, V>(map: ReadonlyMap<K, V>, key: K) => new Map([...map].filter(([one]) => one !== key));
const having = <K, V>(map: ReadonlyMap<K, V>, key: K, value: V) => new Map([...map, [key, value]]);

describe('faultsVerdict', () => {
  it('is exact for a run that went wrong as planned', () => {
    const counts = faultsVerdict(plan, asPlanned());
    expect(counts.filter(({ expected, counted }) => expected !== counted)).toEqual([]);
  });

  const good = asPlanned();
  const defects: Record<string, Partial<FaultsObservation>> = {
    'an order that was counted twice': { sales: { ...good.sales, orders: 41 } },
    'an order that was lost': { orders: without(good.orders, 'ord_1') },
    'a row left in the outbox': { outboxRows: 1 },
    'shipping held up by the outage of the other consumer': { outage: { ...good.outage, shipped: 3 } },
    'a mail that went out though the provider was down': { outage: { ...good.outage, mailed: 1 } },
    'an outage too short to prove anything': { outage: { ...good.outage, outlastedAnInvocation: false } },
    'a record that was given up too early': { crashed: 45 },
    'a crash that left no letter': {
      letters: without(good.letters, 'shipping-service retries-exhausted REPLAYED'),
    },
    'a letter that is still open after its replay': {
      letters: having(
        without(good.letters, 'shipping-service retries-exhausted REPLAYED'),
        'shipping-service retries-exhausted OPEN',
        1,
      ),
    },
    'a neighbour that became a dead letter': {
      letters: having(good.letters, 'email-service unexpected OPEN', 1),
    },
    'poison that nobody set aside': { letters: without(good.letters, 'email-service invalid OPEN') },
    'shipping held up by the dark hour': { dark: { ...good.dark, shipped: 9 } },
    'a mail in the dark': { dark: { ...good.dark, mailed: 1 } },
    'records that did not wait': { dark: { ...good.dark, lag: 0 } },
    'a log that was read again from its beginning': { dark: { ...good.dark, delivered: 45 } },
    'a mail that was sent twice': {
      mails: { ...good.mails, thankYou: having(good.mails.thankYou, 'ord_2', 2) },
    },
    'a mail that was not sent': { mails: { ...good.mails, thankYou: without(good.mails.thankYou, 'ord_2') } },
    'a shipment that is missing': { shipments: without(good.shipments, 'ord_4') },
    'a shipment that nobody ordered': {
      shipments: having(without(good.shipments, 'ord_4'), 'ord_x', 'LABEL_CREATED'),
    },
  };
  it.each(Object.entries(defects))('is not exact with %s', (_, defect) => {
    expect(isExact(faultsVerdict(plan, { ...asPlanned(), ...defect }))).toBe(false);
  });
});

describe('faultsPlan', () => {
  it.each([4, 5, 40, 121])('places every order in one of its three times, of %i', (orders) => {
    const { slow, down, dark } = faultsPlan(orders, 5);
    expect(slow + down + dark).toBe(orders);
    expect(Math.min(slow, down, dark)).toBeGreaterThan(0);
  });
});
