import { describe, expect, it, onTestFinished } from 'vitest';
import { startAwsProxy } from '../../../../cli/faults/aws-proxy.ts';
import { startKafkaProxy } from '../../../../cli/faults/kafka-proxy.ts';
import { copiesOf, engineRelay, eventIdOf, firstAppearances } from '../../../support/engine-relay.ts';
import { testEngines } from '../../../support/engines.ts';
import { cancelledRow, nameOf, placedRow, streamEvent } from '../../../support/outbox-rows.ts';

const finished = { batchItemFailures: [] };

describe.each(['ministack', 'dynamodbLocal'] as const)('the relay over %s', (engine) => {
  it('takes 1 read, 1 produce request and 4 deletes for 100 first events, counted between it and the engines', async () => {
    const rows = Array.from({ length: 100 }, (_, index) => placedRow(`k${index}`));
    const [aws, broker] = await Promise.all([
      startAwsProxy(() => testEngines()[engine]),
      startKafkaProxy(() => testEngines().bootstrapServers),
    ]);
    onTestFinished(async () => void (await Promise.all([aws.stop(), broker.stop()])));
    const { relay, records, left, add } = await engineRelay([placedRow('warm')], {
      engine,
      endpoint: aws.url,
      bootstrapServers: broker.address,
    });
    const handle = relay();
    await handle(streamEvent([placedRow('warm')]));
    for (const row of rows) await add(row);

    const [awsBefore, brokerBefore] = [aws.operations.length, broker.requests.length];
    expect(await handle(streamEvent(rows))).toEqual(finished);
    expect(aws.operations.slice(awsBefore)).toEqual(['BatchGetItem', ...Array(4).fill('BatchWriteItem')]);
    expect(broker.requests.slice(brokerBefore)).toEqual(['Produce']);
    expect(copiesOf(rows, await records())).toEqual(rows.map(() => 1));
    expect(await left()).toBe(0);
  });

  it('publishes an order that was placed and cancelled in one batch in this order, whichever is named first', async () => {
    const rows = ['a', 'b', 'c', 'd'].flatMap((key) => [placedRow(key), cancelledRow(key)]);
    const { relay, records, left } = await engineRelay(rows, { engine });
    expect(await relay()(streamEvent(rows.toReversed()))).toEqual(finished);
    const onTopic = await records();
    expect(new Set(onTopic.map(({ partition }) => partition)).size).toBeGreaterThan(1);
    for (const { orderId } of rows) {
      expect(firstAppearances(onTopic, orderId)).toEqual([`${orderId}.1`, `${orderId}.2`]);
    }
    expect(onTopic).toHaveLength(rows.length);
    expect(await left()).toBe(0);
  });

  it('publishes an order of more than a page of the table', async () => {
    const { event: small, orderId } = placedRow('a');
    const event = { ...small, value: new Uint8Array(60_000) };
    const rows = Array.from({ length: 20 }, (_, index) => ({ orderId, seq: index + 1, event }));
    const { relay, records, left } = await engineRelay(rows, { engine });
    expect(await relay()(streamEvent(rows.slice(-1)))).toEqual(finished);
    expect(await records()).toHaveLength(20);
    expect(await left()).toBe(0);
  });

  it('publishes by its sweep what no stream record names, once it is five minutes old, page by page', async () => {
    const rows = Array.from({ length: 110 }, (_, index) => placedRow(`k${index}`));
    const both = [placedRow('both'), cancelledRow('both')];
    const { sweep, records, left } = await engineRelay([...rows, ...both], { engine });
    // Placements are an hour older than cancellations.
    await sweep(-55.1);
    expect(await left()).toBe(112);
    await sweep(-55);
    await sweep(10);
    const onTopic = await records();
    expect(onTopic.map(eventIdOf).toSorted()).toEqual([...rows, ...both].map(nameOf).toSorted());
    expect(firstAppearances(onTopic, both[0]?.orderId ?? '')).toEqual(both.map(nameOf));
    expect(await left()).toBe(0);
  });
});

describe('the relay', () => {
  it('publishes once what the stream names twice, in one batch and in the next', async () => {
    const row = placedRow('a');
    const { relay, records } = await engineRelay([row]);
    const handle = relay();
    expect(await handle(streamEvent([row, row]))).toEqual(finished);
    expect(await handle(streamEvent([row]))).toEqual(finished);
    expect(await records()).toHaveLength(1);
  });

  it('sends large events in as many requests as the topic’s batch limit takes', async () => {
    const rows = Array.from({ length: 12 }, (_, index) => placedRow(`k${index}`, 20_000));
    const { relay, records, left } = await engineRelay(rows);
    expect(await relay()(streamEvent(rows))).toEqual(finished);
    // A request of which one partition is refused is sent again, and what the others took is there twice.
    expect(copiesOf(rows, await records())).toEqual(rows.map(() => 1));
    expect(await left()).toBe(0);
  });

  it('publishes again, byte for byte, after a crash between publish and delete', async () => {
    const rows = [placedRow('a'), cancelledRow('a'), placedRow('b')];
    const { relay, records, left } = await engineRelay(rows);
    const crashing = relay(({ outbox }) => ({
      outbox: { ...outbox, delete: () => Promise.reject(new Error('killed')) },
    }));
    await crashing(streamEvent(rows));
    expect(await left()).toBe(3);
    expect(await relay()(streamEvent(rows))).toEqual(finished);
    expect(await left()).toBe(0);

    expect(copiesOf(rows, await records())).toEqual([2, 2, 2]);
  });

  it('keeps first appearances in seq order with a sweep beside the stream', async () => {
    const keys = Array.from({ length: 30 }, (_, index) => `k${index}`);
    const { relay, sweep, records, left, add } = await engineRelay(keys.map((key) => placedRow(key)));
    const handle = relay();
    await Promise.all([
      sweep(10),
      handle(streamEvent(keys.map((key) => placedRow(key)))),
      ...keys.map(async (key) => {
        await add(cancelledRow(key));
        await handle(streamEvent([cancelledRow(key)]));
      }),
      sweep(10),
    ]);
    await sweep(10);
    const onTopic = await records();
    for (const { orderId } of keys.map((key) => placedRow(key))) {
      expect(firstAppearances(onTopic, orderId)).toEqual([`${orderId}.1`, `${orderId}.2`]);
    }
    expect(await left()).toBe(0);
  });

  it('keeps first appearances in seq order with two relays at once', async () => {
    const keys = Array.from({ length: 30 }, (_, index) => `k${index}`);
    const { relay, records, left, add } = await engineRelay(keys.map((key) => placedRow(key)));
    const [one, other] = [relay(), relay()];
    const cancellations = keys.map((key) => cancelledRow(key));
    await Promise.all([
      one(streamEvent(keys.map((key) => placedRow(key)))),
      ...cancellations.map(async (row, index) => {
        await add(row);
        expect(await (index % 2 === 0 ? other : one)(streamEvent([row]))).toEqual(finished);
      }),
      other(streamEvent(keys.map((key) => placedRow(key)))),
    ]);
    const onTopic = await records();
    for (const { orderId } of cancellations) {
      expect(firstAppearances(onTopic, orderId)).toEqual([`${orderId}.1`, `${orderId}.2`]);
    }
    expect(await left()).toBe(0);
  });
});
