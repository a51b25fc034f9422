import { expect, it } from 'vitest';
import { readWakeups } from '../../../../functions/relay/stream-event.ts';
import { orderId } from '../../../support/orders.ts';
import { streamEvent } from '../../../support/outbox-rows.ts';

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
