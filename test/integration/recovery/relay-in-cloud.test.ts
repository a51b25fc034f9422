import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Fate } from '../../../cli/faults/aws-proxy.ts';
import { type KafkaFate, PASS } from '../../../cli/faults/kafka-proxy.ts';
import { sampleOrder } from '../../../cli/order/sample-orders.ts';
import { workThrough } from '../../../cli/work-through.ts';
import { firstAppearances } from '../../support/engine-relay.ts';
import { type OrderCloud, orderCloud } from '../../support/order-cloud.ts';

/** Longer than the relay's client waits for an answer: when it wakes, its clock has jumped past that. */
const FROZEN_MS = 6_000;
const ORDERS = 80;
/** Each of them is an invocation of the relay at least. */
const ROUNDS = 4;
const finished = { batchItemFailures: [] };

describe('the relay, in its own process,', { timeout: 180_000 }, () => {
  let world: OrderCloud;
  beforeAll(async () => {
    world = await orderCloud();
  }, 180_000);
  afterAll(() => world.stop());

  const place = async (n = 0) => {
    const { orderId } = await world.checkout.place(sampleOrder(n, ORDERS), randomUUID());
    return orderId;
  };
  const quiet = () => Object.assign(world.faults, { aws: () => PASS, kafka: () => PASS, invoked: () => {} });

  /** Freezes the process that is at work when `stop` is called; `frozen` is its pid. */
  function freezer() {
    const frozen = Promise.withResolvers<number>();
    let [working, done] = [0, false];
    world.faults.invoked = (pid) => {
      working = pid;
    };
    const stop = () => {
      if (done) return;
      done = true;
      process.kill(working, 'SIGSTOP');
      frozen.resolve(working);
    };
    return { frozen: frozen.promise, stop };
  }

  test('is frozen with rows in its hands, and wakes when another has published them and what came after', async () => {
    await place();
    await world.published();
    const { frozen, stop } = freezer();
    world.faults.aws = ({ operation }) => {
      if (operation === 'BatchGetItem') stop();
      return PASS;
    };
    const orderId = await place();
    const pid = await frozen;

    expect(await world.redeliver([{ orderId, seq: 1 }])).toEqual(finished);
    await world.checkout.cancel(orderId);
    expect(await world.redeliver([{ orderId, seq: 2 }])).toEqual(finished);
    await world.published();
    process.kill(pid, 'SIGCONT');

    const once = [`${orderId}.1`, `${orderId}.2`];
    await expect
      .poll(async () => (await world.records()).filter(({ key }) => key === orderId).length, {
        timeout: 30_000,
      })
      .toBe(3);
    expect(firstAppearances(await world.records(), orderId)).toEqual(once);
    const copies = await world.copies();
    expect(once.map((id) => copies.get(id))).toEqual([2, 1]);
    quiet();
  });

  test('is frozen over a produce request, and its clock jumps', async () => {
    const { frozen, stop } = freezer();
    world.faults.kafka = ({ api }) => {
      if (api === 'Produce') stop();
      return PASS;
    };
    const orderId = await place();
    const pid = await frozen;
    await delay(FROZEN_MS);
    process.kill(pid, 'SIGCONT');
    await world.published();
    await world.checkout.cancel(orderId);
    await world.published();
    const copies = await world.copies();
    expect(copies.get(`${orderId}.1`)).toBeGreaterThanOrEqual(1);
    expect(firstAppearances(await world.records(), orderId)).toEqual([`${orderId}.1`, `${orderId}.2`]);
    quiet();
  });

  test('is killed, loses answers and hangs on silent connections, and every checkout is on the topic as it was written', async () => {
    let [produced, asked, invoked] = [0, 0, 0];
    world.faults.kafka = ({ api }): KafkaFate => {
      if (api !== 'Produce') return PASS;
      produced += 1;
      if (produced === 3) return { kind: 'half-open', heard: true };
      if (produced % 3 === 2) return { kind: 'lost-answer' };
      return produced % 3 === 0 ? { kind: 'lost-request' } : PASS;
    };
    world.faults.aws = (): Fate => {
      asked += 1;
      if (asked % 7 === 0) return { kind: 'lost-answer' };
      return asked % 11 === 0 ? { kind: 'lost-request' } : PASS;
    };
    world.faults.invoked = (pid) => {
      invoked += 1;
      if (invoked === 2 || invoked === 4) process.kill(pid, 'SIGKILL');
    };
    const orderIds: string[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      await workThrough(Array(ORDERS / ROUNDS).keys(), 4, async (n) => {
        const orderId = await place(n);
        if (n % 4 === 0) await world.checkout.cancel(orderId);
        orderIds.push(orderId);
      });
      await world.published();
    }

    const onTopic = await world.records();
    const copies = await world.copies();
    expect(Math.min(...copies.values())).toBeGreaterThanOrEqual(1);
    for (const orderId of orderIds) {
      const first = firstAppearances(onTopic, orderId);
      expect(first).toEqual(first.toSorted());
      expect(first[0]).toBe(`${orderId}.1`);
    }
    expect([produced, asked, invoked].map((count) => count >= ROUNDS)).toEqual([true, true, true]);
    quiet();
  });
});
