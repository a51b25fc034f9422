import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test, vi } from 'vitest';
import { sampleOrder } from '../../../../cli/order/sample-orders.ts';
import { workThrough } from '../../../../cli/work-through.ts';
import { firstAppearances } from '../../../support/engine-relay.ts';
import { type OrderCloud, orderCloud } from '../../../support/order-cloud.ts';
import { adminOf, testKafka } from '../../../support/topics.ts';

const ORDERS = 40;
/** Every fourth order is cancelled. */
const EVENTS = 50;

test('after a topic was lost, its events come back byte for byte, and nothing is mailed or shipped again', {
  timeout: 180_000,
}, async () => {
  const world = await orderCloud();
  onTestFinished(() => world.stop());
  const orderIds: string[] = [];
  await workThrough(Array(ORDERS).keys(), 4, async (n) => {
    const { orderId } = await world.checkout.place(sampleOrder(n, ORDERS), randomUUID());
    if (n % 4 === 0) await world.checkout.cancel(orderId);
    orderIds.push(orderId);
  });
  await world.published();
  const before = await world.effects();
  expect(before.shipments).toHaveLength(ORDERS);
  const readersBefore = await readers(world);

  const admin = await adminOf(testKafka(world.cloud.engine.bootstrapServers));
  await admin.deleteTopics({ topics: ['orders'] });
  await vi.waitFor(() => admin.createTopics({ topics: [{ topic: 'orders', numPartitions: 3 }] }), 30_000);
  expect(await world.records()).toEqual([]);

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
  expect(JSON.parse(done.answer)).toMatchObject({ written: EVENTS, waiting: 0, unreadable: [], missing: [] });
  await world.published();
  expect(Math.min(...(await world.copies()).values())).toBe(1);
  const onTopic = await world.records();
  for (const orderId of orderIds) {
    const first = firstAppearances(onTopic, orderId);
    expect(first).toEqual(first.toSorted());
  }
  expect(await world.effects()).toEqual(before);
  for (const [index, { delivered }] of (await readers(world)).entries()) {
    expect(delivered).toBeGreaterThanOrEqual((readersBefore[index]?.delivered ?? 0) + EVENTS);
  }
});

/** The mappings that read the topic. */
async function readers({ cloud }: OrderCloud) {
  return (await cloud.status()).mappings.filter(({ source }) => source.startsWith('orders as '));
}
