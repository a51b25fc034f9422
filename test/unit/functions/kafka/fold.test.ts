import { describe, expect, it } from 'vitest';
import { decodeKafkaEvent } from '../../../../functions/kafka/decode.ts';
import { type EventRecord, eventOf, foldByOrder } from '../../../../functions/kafka/fold.ts';
import type { EncodedEvent } from '../../../../functions/orders/wire.ts';
import { kafkaEventOf } from '../../../support/kafka-event.ts';
import { anOrder, cancelledEvent, orderBody, placedEvent } from '../../../support/orders.ts';

function fold(...events: EncodedEvent[]) {
  const records = decodeKafkaEvent(kafkaEventOf(events)).flatMap((record): EventRecord[] => {
    const parsed = eventOf(record);
    return 'event' in parsed ? [{ record, event: parsed.event }] : [];
  });
  return foldByOrder(records).map(({ orderId, events: folded }) => ({
    orderId,
    events: folded.map(({ event, copies }) => [event.type, copies.map(({ offset }) => offset)]),
  }));
}

const [a, b] = [anOrder('a'), anOrder('b')];

describe('foldByOrder', () => {
  it('keeps each order apart, and its events in order of arrival', () => {
    expect(fold(placedEvent(a), cancelledEvent(b), cancelledEvent(a), placedEvent(b))).toEqual([
      {
        orderId: a.orderId,
        events: [
          ['OrderPlaced', [0]],
          ['OrderCancelled', [2]],
        ],
      },
      {
        orderId: b.orderId,
        events: [
          ['OrderCancelled', [1]],
          ['OrderPlaced', [3]],
        ],
      },
    ]);
  });

  it('joins the copies of an event where the first one stands', () => {
    expect(fold(placedEvent(a), cancelledEvent(a), placedEvent(a))).toEqual([
      {
        orderId: a.orderId,
        events: [
          ['OrderPlaced', [0, 2]],
          ['OrderCancelled', [1]],
        ],
      },
    ]);
  });

  it('keeps apart what has one event id and other bytes', () => {
    const other = placedEvent(anOrder('a', { ...orderBody(), email: 'other@example.com' }));
    expect(fold(placedEvent(a), other)[0]?.events).toEqual([
      ['OrderPlaced', [0]],
      ['OrderPlaced', [1]],
    ]);
  });
});
