import { describe, expect, it } from 'vitest';
import { INCIDENTS, REQUEST_FAULTS } from '../../faults/fault-kinds.ts';
import { planOf, SHORT_SEEDS } from '../../faults/plan.ts';

/** What a plan says, without what draws during the run. */
function said(seed: number, orders?: number) {
  const { chance, rates, ...plan } = planOf(seed, { orders });
  return {
    ...plan,
    rates: [...rates].map(([name, its]) => [name, [...its]]),
    draw: chance.int(0, 1_000_000),
  };
}

const many = Array.from({ length: 200 }, (_, seed) => planOf(seed + 1));

describe('planOf', () => {
  it('says the same for the same seed, and otherwise for another', () => {
    expect(said(7)).toEqual(said(7));
    expect(said(7)).not.toEqual(said(8));
  });

  it('takes a number of orders in the place of its own', () => {
    expect(said(7, 20).orders).toBe(20);
    expect(said(7, 20).incidents.every(({ afterOrders }) => afterOrders <= 20)).toBe(true);
  });

  it('has every incident and every fault of requests in some seed, and a moment at which all stands still in each', () => {
    const incidents = new Set(many.flatMap((plan) => plan.incidents.map(({ incident }) => incident)));
    expect(incidents).toEqual(new Set(INCIDENTS));
    const faults = new Set(
      many.flatMap(({ rates }) => [...rates.values()].flatMap((its) => [...its.keys()])),
    );
    expect([...faults]).toEqual(expect.arrayContaining(Object.keys(REQUEST_FAULTS)));
    expect(new Set(many.map(({ pollers }) => pollers))).toEqual(new Set([1, 2, 3]));
    for (const plan of many) {
      expect(plan.incidents.some(({ incident }) => incident.startsWith('the local cloud'))).toBe(true);
    }
  });
});

describe('the seeds of the short form', () => {
  const plans = SHORT_SEEDS.map((seed) => planOf(seed));
  const incidents = plans.flatMap((plan) => plan.incidents.map(({ incident }) => incident));

  it.each([
    'the local cloud is killed, and DynamoDB restarted',
    'the local cloud and the broker are killed',
    'poison is written',
    'events are copied',
    'everything is republished',
    'letters are replayed',
    'email is cut off',
    'shipping reads from the beginning',
    'sales reads from the beginning',
  ])('have it that %s', (incident) => {
    expect(incidents).toContain(incident);
  });

  it('have several pollers a consumer', () => {
    expect(plans.some(({ pollers }) => pollers > 1)).toBe(true);
  });

  it('have as many retries as deployed, and too few for a record that kills', () => {
    expect(plans.map(({ retryAttempts }) => retryAttempts)).toContain(45);
    expect(plans.some(({ retryAttempts, isDeadly }) => retryAttempts < 45 && isDeadly)).toBe(true);
  });
});
