import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sampleOrder } from '../../../cli/order/sample-orders.ts';
import { workThrough } from '../../../cli/work-through.ts';
import { firstAppearances } from '../../support/engine-relay.ts';
import { type OrderCloud, orderCloud } from '../../support/order-cloud.ts';
import { adminOf, testKafka } from '../../support/topics.ts';

const ORDERS = 40;
/** Every fourth order is cancelled. */
const EVENTS = 50;
const GROUP = 'shipping-service';

let world: OrderCloud;
const orderIds: string[] = [];
beforeAll(async () => {
  world = await orderCloud();
  await workThrough(Array(ORDERS).keys(), 4, async (n) => {
    const { orderId } = await world.checkout.place(sampleOrder(n, ORDERS), randomUUID());
    if (n % 4 === 0) await world.checkout.cancel(orderId);
    orderIds.push(orderId);
  });
  await world.published();
}, 180_000);
afterAll(() => world.stop());

describe('orderly mapping rewind', { timeout: 120_000 }, () => {
  async function mapping(group = GROUP) {
    const { mappings } = await world.cloud.status();
    const found = mappings.find(({ source }) => source === `orders as ${group}`);
    if (found === undefined) throw new Error(`nobody reads as ${group}`);
    return found;
  }
  const ends = async () => (await mapping()).partitions.map(({ end }) => Number(end));
  const rewind = (...args: string[]) => world.orderly('mapping', 'rewind', GROUP, ...args);

  it('says which records would be read again, and does nothing', async () => {
    await world.effects();
    const { code, output } = await rewind('--to', 'beginning');
    expect(code).toBe(0);
    for (const [partition, end] of (await ends()).entries()) {
      expect(output).toMatch(new RegExp(`orders-${partition} +${end} +0 +${end}`));
    }
    expect(output).toContain('Nothing was done');
    expect((await mapping()).partitions.map(({ lag }) => lag)).toEqual([0, 0, 0]);
  });

  it.each([
    [GROUP, 'shipping'],
    ['email-service', 'email'],
  ])(
    'has %s read every record again, as duplicates: nothing is shipped or mailed twice',
    async (group, fn) => {
      const before = await world.effects();
      const deliveredBefore = (await mapping(group)).delivered;
      const total = (await ends()).reduce((sum, end) => sum + end, 0);
      expect(total).toBe(EVENTS);

      const toBeginning = ['mapping', 'rewind', group, '--to', 'beginning', '--execute', '--json'];
      const { code, output } = await world.orderly(...toBeginning);
      expect(code).toBe(0);
      const answer = JSON.parse(output.split('\n').at(-1) ?? '');
      expect(answer).toMatchObject({ groupId: group, topic: 'orders', executed: true, state: 'Enabled' });

      expect(await world.effects()).toEqual(before);
      expect((await mapping(group)).delivered - deliveredBefore).toBe(total);
      expect(await duplicates(fn)).toBe(total);
    },
  );

  /** How many records a consumer has called duplicates in its log so far. */
  async function duplicates(fn: string): Promise<number> {
    const { output } = await world.orderly('logs', fn, '--last', '1000');
    const counts = [...output.matchAll(/"duplicate":(\d+)/g)].map(([, count]) => Number(count));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  it('goes back to offsets, or to a time', async () => {
    const [end = 0] = await ends();
    const { delivered } = await mapping();
    expect((await rewind('--to', `orders-0=${end - 2}`, '--execute')).output).toContain(
      'reads 2 records again',
    );
    await world.effects();
    expect((await mapping()).delivered - delivered).toBe(2);
    expect((await rewind('--to', '1h')).output).toContain('read 50 records again: --execute');
    expect((await rewind('--to', new Date(Date.now() + 60_000).toISOString())).output).toContain(
      'nothing to rewind',
    );
  });

  it('goes forward only when it is told to pass over records, and never behind the end', async () => {
    const [end = 0] = await ends();
    const { code, output } = await rewind('--to', `orders-0=${end + 1}`, '--execute', '--pass-over');
    expect([code, output]).toEqual([1, expect.stringMatching(/orders-0 ends at.*REWIND_REFUSED/)]);
    await world.orderly('mapping', 'disable', GROUP);
    await rewind('--to', `orders-0=${end - 3}`, '--execute');
    const plan = await rewind('--to', 'latest');
    expect(plan.output).toContain('pass over 3, which nobody handles then: --execute --pass-over');
    expect((await rewind('--to', 'latest', '--execute')).output).toMatch(/would pass over 3.*REWIND_REFUSED/);
    const passed = await rewind('--to', 'latest', '--execute', '--pass-over');
    expect(passed.output).toContain('3 records were passed over');
    expect((await mapping()).partitions[0]?.lag).toBe(0);
    await rewind('--to', `orders-0=${end - 3}`, '--execute');
    await world.orderly('mapping', 'enable', GROUP);
    await world.effects();
  });

  it('leaves a mapping disabled that it finds so, and says how to go on', async () => {
    await world.orderly('mapping', 'disable', GROUP);
    const { delivered } = await mapping();
    const { output } = await rewind('--to', 'beginning', '--execute');
    expect(output).toContain(`orderly mapping enable ${GROUP}`);
    expect((await rewind('--to', 'beginning')).output).toMatch(/nothing to rewind[\s\S]*mapping enable/);
    expect((await mapping()).state).toBe('Disabled');
    await world.orderly('mapping', 'enable', GROUP);
    await world.effects();
    expect((await mapping()).delivered - delivered).toBe(EVENTS);
  });

  it('is not for a mapping that reads no topic', async () => {
    const { code, output } = await world.orderly('mapping', 'rewind', 'Relay', '--to', 'beginning');
    expect([code, output]).toEqual([1, expect.stringMatching(/reads no topic.*REWIND_REFUSED/)]);
  });
});

describe('orderly republish', { timeout: 120_000 }, () => {
  /** The mappings that read the topic. */
  const readers = async () =>
    (await world.cloud.status()).mappings.filter(({ source }) => source.startsWith('orders as '));

  it('brings back the events of a topic that was lost, byte for byte, and nothing is mailed or shipped again', async () => {
    const before = await world.effects();
    expect(before.shipments).toHaveLength(ORDERS);
    const readersBefore = await readers();

    const admin = await adminOf(testKafka(world.cloud.engine.bootstrapServers));
    await admin.deleteTopics({ topics: ['orders'] });
    await vi.waitFor(() => admin.createTopics({ topics: [{ topic: 'orders', numPartitions: 3 }] }), 30_000);
    // Whoever has known the old topic asks its leader once more.
    await vi.waitFor(async () => expect(await world.records()).toEqual([]), 30_000);

    const plan = await world.orderly('republish', '--json');
    expect(JSON.parse(plan.answer)).toMatchObject({
      execute: false,
      orders: ORDERS,
      events: EVENTS,
      written: 0,
    });
    expect(await world.records()).toEqual([]);

    const done = await world.orderly('republish', '--execute', '--rate', '500', '--json');
    expect(done).toMatchObject({ code: 0 });
    expect(JSON.parse(done.answer)).toMatchObject({
      written: EVENTS,
      waiting: 0,
      unreadable: [],
      missing: [],
    });
    await world.published();
    expect(Math.min(...(await world.copies()).values())).toBe(1);
    const onTopic = await world.records();
    for (const orderId of orderIds) {
      const first = firstAppearances(onTopic, orderId);
      expect(first).toEqual(first.toSorted());
    }
    expect(await world.effects()).toEqual(before);
    for (const [index, { delivered }] of (await readers()).entries())
      expect(delivered).toBeGreaterThanOrEqual((readersBefore[index]?.delivered ?? 0) + EVENTS);
  });
});
