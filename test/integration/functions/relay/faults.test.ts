import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type AwsRequest, type Fate, startAwsProxy } from '../../../../cli/faults/aws-proxy.ts';
import {
  type KafkaFate,
  type KafkaRequest,
  PASS,
  startKafkaProxy,
} from '../../../../cli/faults/kafka-proxy.ts';
import type { OutboxRow } from '../../../../functions/outbox/row.ts';
import { copiesOf, engineRelay, firstAppearances } from '../../../support/engine-relay.ts';
import { testEngines } from '../../../support/engines.ts';
import { cancelledRow, nameOf, placedRow, streamEvent } from '../../../support/outbox-rows.ts';
import { testTopic } from '../../../support/topics.ts';

const finished = { batchItemFailures: [] };
const failing = (...indexes: number[]) => ({
  batchItemFailures: indexes.map((index) => ({ itemIdentifier: `sn-${index}` })),
});

const keys = Array.from({ length: 12 }, (_, index) => `k${index}`);
const orders = keys.map((key) => [placedRow(key), cancelledRow(key)] as const);
const rows = orders.flat();

/** The relay with a proxy before its broker; the first event of `rows` is published before anything breaks. */
async function behindBroker(fateOf: (request: KafkaRequest) => KafkaFate) {
  let broken = false;
  const proxy = await startKafkaProxy(
    () => testEngines().bootstrapServers,
    (request) => (broken ? fateOf(request) : PASS),
  );
  onTestFinished(() => proxy.stop());
  const world = await engineRelay([placedRow('warm')], { bootstrapServers: proxy.address });
  const handle = world.relay();
  await handle(streamEvent([placedRow('warm')]));
  for (const row of rows) await world.add(row);
  const connections = proxy.connections();
  broken = true;
  return { ...world, handle, proxy, opened: () => proxy.connections() - connections };
}

/** The first produce request meets this fate, and everything else passes. */
function firstProduce(fate: KafkaFate): (request: KafkaRequest) => KafkaFate {
  let met = false;
  return ({ api }) => {
    if (met || api !== 'Produce') return PASS;
    met = true;
    return fate;
  };
}

/** All of the rows are on the topic, byte for byte, each order's in seq order, and no row is left. */
async function expectPublished({
  records,
  left,
}: Pick<Awaited<ReturnType<typeof engineRelay>>, 'records' | 'left'>) {
  const onTopic = await records();
  const copies = copiesOf(rows, onTopic);
  expect(Math.min(...copies)).toBeGreaterThanOrEqual(1);
  for (const order of orders) expect(firstAppearances(onTopic, order[0].orderId)).toEqual(order.map(nameOf));
  expect(await left()).toBe(0);
  return copies;
}

describe('a relay whose broker', () => {
  it('takes the events, but not their acknowledgement home, sends them again', async () => {
    const world = await behindBroker(firstProduce({ kind: 'lost-answer' }));
    expect(await world.handle(streamEvent(rows))).toEqual(finished);
    expect(await expectPublished(world)).toEqual(rows.map(() => 2));
  });

  it('loses a request with its connection sends them again', async () => {
    const world = await behindBroker(firstProduce({ kind: 'lost-request' }));
    expect(await world.handle(streamEvent(rows))).toEqual(finished);
    expect(await expectPublished(world)).toEqual(rows.map(() => 1));
  });

  it('goes half-open builds a new client, whether or not the last request was heard', async () => {
    const worlds = await Promise.all(
      [true, false].map((heard) => behindBroker(firstProduce({ kind: 'half-open', heard }))),
    );
    const copies = await Promise.all(
      worlds.map(async (world) => {
        expect(await world.handle(streamEvent(rows))).toEqual(finished);
        expect(world.opened()).toBeGreaterThan(0);
        return expectPublished(world);
      }),
    );
    expect(copies).toEqual([rows.map(() => 2), rows.map(() => 1)]);
  });

  it('is silent on every connection gives up, keeps its rows, and publishes them when it is back', async () => {
    let silent = true;
    const world = await behindBroker(() => (silent ? { kind: 'half-open', heard: false } : PASS));
    expect(await world.handle(streamEvent(rows))).toEqual(failing(...rows.keys()));
    expect(await world.left()).toBe(rows.length);
    silent = false;
    expect(await world.handle(streamEvent(rows))).toEqual(finished);
    await expectPublished(world);
  });

  it('has no such topic keeps its rows, and publishes them when there is one', async () => {
    const world = await engineRelay(rows, { topic: `test-missing-${randomUUID()}` });
    const handle = world.relay();
    expect(await handle(streamEvent(rows))).toEqual(failing(...rows.keys()));
    expect(await world.left()).toBe(rows.length);
    await testTopic(world.kafka, 3, world.topic);
    expect(await handle(streamEvent(rows))).toEqual(finished);
    await expectPublished(world);
  });

  it('will never take one order publishes the others, names that one, and its age is seen', async () => {
    const { event, ...key } = placedRow('large');
    const large: OutboxRow = { ...key, event: { ...event, value: new Uint8Array(80_000) } };
    const behindIt = cancelledRow('large');
    const all = [...rows.slice(0, 6), large, behindIt, ...rows.slice(6)];
    const { relay, sweep, records, left, lines } = await engineRelay(all);

    expect(await relay()(streamEvent(all))).toEqual(failing(6, 7));
    expect(lines).toContainEqual({
      message: 'events not published',
      fields: expect.objectContaining({ orderId: large.orderId, orders: 1 }),
    });
    await expect(sweep(30)).rejects.toMatchObject({ code: 'SWEEP_INCOMPLETE' });
    expect(lines.at(-1)).toEqual({
      message: 'swept',
      // It was placed an hour before the latest cancellation.
      fields: { published: 0, failed: 1, oldestMs: 90 * 60_000 },
    });

    const onTopic = await records();
    expect(Math.min(...copiesOf(rows, onTopic))).toBeGreaterThanOrEqual(1);
    expect(firstAppearances(onTopic, large.orderId)).toEqual([]);
    expect(await left()).toBe(2);
  });
});

describe.each(['ministack', 'dynamodbLocal'] as const)('a relay whose DynamoDB (%s)', (engine) => {
  async function behindAws(fateOf: (request: AwsRequest) => Fate) {
    const proxy = await startAwsProxy(() => testEngines()[engine], fateOf);
    onTestFinished(() => proxy.stop());
    return engineRelay(rows, { engine, endpoint: proxy.url });
  }

  it('loses every request or its answer once asks again', async () => {
    const seen = new Set<string>();
    const world = await behindAws(({ body }) => {
      if (seen.has(body)) return PASS;
      seen.add(body);
      return { kind: seen.size % 2 === 0 ? 'lost-answer' : 'lost-request' };
    });
    expect(await world.relay()(streamEvent(rows))).toEqual(finished);
    await expectPublished(world);
  });

  it('refuses every delete publishes once, and again when it is asked again', async () => {
    let refusing = true;
    const world = await behindAws(({ operation }) =>
      refusing && operation === 'BatchWriteItem'
        ? { kind: 'answer', status: 400, type: 'ProvisionedThroughputExceededException' }
        : PASS,
    );
    const handle = world.relay();
    expect(await handle(streamEvent(rows))).toEqual(failing(...rows.keys()));
    expect(await world.left()).toBe(rows.length);
    refusing = false;
    expect(await handle(streamEvent(rows))).toEqual(finished);
    expect(await expectPublished(world)).toEqual(rows.map(() => 2));
  });
});
