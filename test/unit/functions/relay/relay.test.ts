import type { DynamoDBStreamEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { readWakeups, relayHandler } from '../../../../functions/relay/relay.ts';
import { orderId } from '../../../support/orders.ts';
import { cancelledRow, placedRow, streamEvent } from '../../../support/outbox-rows.ts';
import { nameOf, relayWorld } from '../../../support/relay-world.ts';

function world(...args: Parameters<typeof relayWorld>) {
  const { ports, ...rest } = relayWorld(...args);
  const context = { getRemainingTimeInMillis: () => 60_000 - rest.now() };
  const relay = relayHandler(ports);
  return { handle: (event: DynamoDBStreamEvent) => relay(event, context), ...rest };
}

const placed = ['a', 'b', 'c', 'd'].map((key) => placedRow(key));
const [a, b, c, d] = placed.map(nameOf);
const fails = (...indexes: number[]) => ({
  batchItemFailures: indexes.map((index) => ({ itemIdentifier: `sn-${index}` })),
});

describe('the relay', () => {
  it('publishes what is named, deletes it, and is finished', async () => {
    const { handle, topic, left, measured } = world(placed);
    expect(await handle(streamEvent(placed))).toEqual(fails());
    expect(topic).toEqual([a, b, c, d]);
    expect(left()).toEqual([]);
    expect(measured).toEqual([{ Published: 4 }]);
  });

  it('publishes an order from its first unpublished event on, whatever the stream names', async () => {
    const { handle, topic } = world([placedRow('a'), cancelledRow('a')]);
    expect(await handle(streamEvent([cancelledRow('a')]))).toEqual(fails());
    expect(topic).toEqual([nameOf(placedRow('a')), nameOf(cancelledRow('a'))]);
  });

  it('has nothing to do for rows that are gone', async () => {
    const { handle, requests } = world([]);
    expect(await handle(streamEvent([...placed, cancelledRow('a')]))).toEqual(fails());
    expect(requests).toEqual([]);
  });

  it('leaves out the one order that the broker refuses, and finishes the others', async () => {
    const rows = [...placed, cancelledRow('c')];
    const { handle, topic, left, lines } = world(rows, { refused: placedRow('c').orderId });
    expect(await handle(streamEvent(rows))).toEqual(fails(2, 4));
    expect(lines.map(({ fields }) => fields?.orderId)).toContain(placedRow('c').orderId);
    expect(topic.toSorted()).toEqual([a, b, d].toSorted());
    expect(left().toSorted()).toEqual([c, nameOf(cancelledRow('c'))].toSorted());
  });

  it('publishes no later row of an order whose earlier row was refused', async () => {
    const large = placedRow('a', 19_000);
    const rows = [large, ...['x', 'y', 'z'].map((key) => placedRow(key, 19_000)), cancelledRow('a')];
    const { handle, topic } = world(rows, { refused: large.orderId });
    await handle(streamEvent(rows));
    expect(topic).toHaveLength(3);
    expect(topic.some((id) => id.startsWith(large.orderId))).toBe(false);
  });

  it('ends before its time does, with what was published deleted, however slow each request is', async () => {
    const rows = Array.from({ length: 60 }, (_, at) => placedRow(`slow-${at}`, 19_000));
    const { handle, topic, left, now } = world(rows, { slow: 4_000 });
    const { batchItemFailures } = await handle(streamEvent(rows));
    expect(topic).toHaveLength(36);
    expect(left()).toHaveLength(24);
    expect(batchItemFailures).toHaveLength(24);
    expect(now()).toBeLessThanOrEqual(48_000);
  });

  it('tries nothing more when the broker is in trouble, and finishes what went before', async () => {
    const rows = ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => placedRow(key, 19_000));
    const { handle, requests, left } = world(rows, { down: 2 });
    expect(await handle(streamEvent(rows))).toEqual(fails(3, 4, 5));
    expect(requests).toHaveLength(2);
    expect(left()).toEqual(rows.slice(3).map(nameOf));
  });

  it('asks again for orders whose rows it could not read', async () => {
    const { handle } = world(placed, { reads: true });
    expect(await handle(streamEvent(placed))).toEqual(fails(0, 1, 2, 3));
  });

  it('finishes the others beside an order whose row can’t be read, and names that one', async () => {
    const { handle, topic, left, lines } = world(placed, { unreadable: placedRow('b').orderId });
    expect(await handle(streamEvent(placed))).toEqual(fails(1));
    expect(topic).toEqual([a, c, d]);
    expect(left()).toEqual([b]);
    expect(lines).toContainEqual({
      message: 'outbox row not readable',
      fields: { orderId: placedRow('b').orderId },
    });
  });

  it('asks again for orders whose rows it could not delete', async () => {
    const { handle, topic } = world(placed, { deletes: true });
    expect(await handle(streamEvent(placed))).toEqual(fails(0, 1, 2, 3));
    expect(topic).toHaveLength(4);
  });
});

const event = streamEvent([{ orderId: orderId('a'), seq: 2 }]);

it('reads the key of the row that was written', () => {
  expect(readWakeups(event)).toEqual([{ orderId: orderId('a'), seq: 2, sequenceNumber: 'sn-0' }]);
});

it('passes over what is no INSERT: its own deletes', () => {
  expect(
    readWakeups({ Records: event.Records.map((record) => ({ ...record, eventName: 'REMOVE' })) }),
  ).toEqual([]);
});

it.each([
  ['another table', { Keys: { id: { S: 'x' } }, SequenceNumber: 's' }],
  ['no sequence number', { Keys: { orderId: { S: orderId('a') }, seq: { N: '1' } } }],
])('refuses a record of %s', (_, dynamodb) => {
  expect(() => readWakeups({ Records: [{ eventName: 'INSERT', dynamodb }] })).toThrow(
    expect.objectContaining({ code: 'STREAM_RECORD_INVALID' }),
  );
});
