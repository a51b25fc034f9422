import { describe, expect, it } from 'vitest';
import { demoPlan, repeatedRequests } from '../../../../cli/demo/demo.ts';

describe('demoPlan', () => {
  it('is what the demo promises for 300 orders', () => {
    const plan = demoPlan(300);
    expect(plan).toMatchObject({ orders: 300, customers: 30, inFlight: 20, copies: 31 });
    expect(repeatedRequests(plan)).toBe(30);
    expect(plan.cancelled).toHaveLength(10);
  });

  it.each([1, 2, 9, 30, 20_000])('cancels distinct orders that exist, of %i', (orders) => {
    const { cancelled } = demoPlan(orders);
    expect(new Set(cancelled).size).toBe(Math.min(10, orders));
    expect(Math.max(...cancelled)).toBeLessThan(orders);
  });

  it('cancels and copies late orders, so that nothing makes good what the kill lost', () => {
    const { cancelled, lateFrom, killDuring, copies } = demoPlan(300);
    expect(Math.min(...cancelled)).toBeGreaterThanOrEqual(lateFrom);
    expect(lateFrom).toBeGreaterThan(2 * killDuring);
    expect(copies).toBeLessThanOrEqual(300 - lateFrom);
  });

  it('times some sixty orders, however many there are', () => {
    for (const orders of [300, 20_000]) {
      const plan = demoPlan(orders);
      const timed = Array.from({ length: orders }, (_, n) => n).filter(plan.timed).length;
      expect(timed).toBeGreaterThanOrEqual(60);
      expect(timed).toBeLessThanOrEqual(62);
    }
  });
});
