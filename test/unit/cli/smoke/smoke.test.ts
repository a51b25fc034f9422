import { describe, expect, it } from 'vitest';
import type { StoredLetter } from '../../../../cli/dead-letters/letters-table.ts';
import { runSteps, type SmokeWorld, smokePlan } from '../../../../cli/smoke/smoke.ts';
import { givenUpAgain, inMemoryLetters } from '../../../support/in-memory-letters.ts';
import { aLetter } from '../../../support/stored-letters.ts';

/** What an app may do wrong. */
interface Defects {
  readonly doublesOrders?: true;
  readonly mailsNothing?: true;
  readonly shipsCancelled?: true;
  readonly countsNothing?: true;
  readonly loses?: 'email-service' | 'shipping-service' | 'sales-service';
  readonly swallowsReplays?: true;
  readonly replaysNothing?: true;
  readonly keepsOutbox?: true;
  readonly discardsNothing?: true;
}

/** An app that is all there at once, but for its defects. */
function appWith(defects: Defects) {
  const orders = new Map<string, { status: string }>();
  const keys = new Map<string, string>();
  const letters = new Map<string, StoredLetter>();
  const waiting = new Set<string>();
  const addLetter = (consumer: string, orderId: string) => {
    const letter = aLetter({
      consumer,
      recordId: orderId,
      key: Buffer.from(orderId),
      status: 'OPEN',
      lastSeenAt: new Date().toISOString(),
    });
    letters.set(`${consumer}/${orderId}`, letter);
  };
  const world: SmokeWorld = {
    checkout: {
      async place(_order, key) {
        const known = defects.doublesOrders ? undefined : keys.get(key);
        const orderId = known ?? `ord_${orders.size}`;
        if (known === undefined) orders.set(orderId, { status: 'PLACED' });
        keys.set(key, orderId);
        return { orderId, created: known === undefined, answeredAt: 0 };
      },
      find: async (orderId) => ({ orderId, status: orders.get(orderId)?.status ?? '' }),
      async cancel(orderId) {
        orders.set(orderId, { status: 'CANCELLED' });
        return { orderId, status: 'CANCELLED' };
      },
    },
    tables: {
      shipment: async (orderId) =>
        orders.get(orderId)?.status === 'PLACED' || defects.shipsCancelled ? 'LABEL_CREATED' : 'CANCELLED',
      mail: async () => (defects.mailsNothing ? undefined : 'SENT'),
      counted: async () => !defects.countsNothing,
      waiting: async (orderId) => (waiting.has(orderId) ? 1 : 0),
      async poison(orderId) {
        if (defects.keepsOutbox) waiting.add(orderId);
        for (const group of ['email-service', 'shipping-service', 'sales-service']) {
          if (group !== defects.loses) addLetter(group, orderId);
        }
      },
      close: () => undefined,
    },
    letters: inMemoryLetters(letters),
    async replay({ consumer, recordId }) {
      const name = `${consumer}/${recordId}`;
      const letter = letters.get(name);
      if (letter === undefined || defects.replaysNothing) return undefined;
      if (defects.swallowsReplays) return 'replayed';
      letters.set(name, givenUpAgain(letter, new Date().toISOString()));
      return 'failed';
    },
    async discard(chosen) {
      if (defects.discardsNothing) return 0;
      for (const { consumer, recordId } of chosen) {
        const name = `${consumer}/${recordId}`;
        const letter = letters.get(name);
        if (letter !== undefined) letters.set(name, { ...letter, status: 'DISCARDED' });
      }
      return chosen.length;
    },
  };
  return { world, orders, letters, addLetter };
}

async function smoke(world: SmokeWorld) {
  const { signal } = new AbortController();
  const plan = smokePlan(world, 'sink@example.com', { waitMs: 0, signal });
  const results = await runSteps(plan.steps, { signal, ended: () => undefined });
  const [cleaned] = await runSteps([plan.cleanUp], { signal, ended: () => undefined });
  return { plan, results, cleaned };
}

describe('the smoke test', () => {
  it('is content with an app that works, and leaves no order and no letter to do', async () => {
    const { world, orders, letters } = appWith({});
    const { plan, results, cleaned } = await smoke(world);
    expect(results.map(({ ok }) => ok)).toEqual(plan.steps.map(() => true));
    expect(cleaned?.ok).toBe(true);
    expect([...orders.values()].map(({ status }) => status)).toEqual(Array(3).fill('CANCELLED'));
    expect([...letters.values()].map(({ status }) => status)).toEqual(Array(3).fill('DISCARDED'));
  });

  it.each<[Defects, string, RegExp]>([
    [{ doublesOrders: true }, '3 orders are placed', /it was ord_3, a new one/],
    [{ mailsNothing: true }, 'email-service has sent their thank-you', /the mail of ord_0 is not there/],
    [{ shipsCancelled: true }, 'shipping-service has cancelled', /shipment of ord_0 is LABEL_CREATED/],
    [{ countsNothing: true }, 'sales-service has counted', /count of ord_0 is not there/],
    [{ loses: 'sales-service' }, 'a poisoned record', /no letter of sales-service/],
    [{ loses: 'email-service' }, 'a poisoned record', /no letter of email-service/],
    [{ loses: 'shipping-service' }, 'a poisoned record', /no letter of shipping-service/],
    [{ swallowsReplays: true }, 'a replay of one', /ended with replayed/],
    [{ replaysNothing: true }, 'a replay of one', /ended with nothing/],
    [{ keepsOutbox: true }, 'the outbox', /1 of ord_/],
  ])(
    'fails for %j at the step that is about it, and puts away what it has made',
    async (defects, name, why) => {
      const { world, orders, letters } = appWith(defects);
      const { results, cleaned } = await smoke(world);
      const last = results.at(-1);
      expect(last).toMatchObject({ ok: false, why: expect.stringMatching(why) });
      expect(last?.name).toContain(name);
      expect(cleaned?.ok).toBe(true);
      for (const { status } of [...orders.values(), ...letters.values()]) {
        expect(status).toMatch(/CANCELLED|DISCARDED/);
      }
    },
  );

  it('tells the dead letter of an order whose effect is missing', async () => {
    const { world, addLetter } = appWith({ mailsNothing: true });
    addLetter('email-service', 'ord_0');
    const { results } = await smoke(world);
    expect(results.at(-1)?.why).toMatch(/dead letter email-service\/ord_0: /);
  });

  it('fails where it cannot put away', async () => {
    const { cleaned } = await smoke(appWith({ discardsNothing: true }).world);
    expect(cleaned).toMatchObject({ ok: false, why: '0 of 3 letters were discarded' });
  });
});
