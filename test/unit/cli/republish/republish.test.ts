import { describe, expect, it } from 'vitest';
import { describeRepublished } from '../../../../cli/republish/command.ts';
import { storedEvents } from '../../../../cli/republish/republish.ts';
import { toOrderItem } from '../../../../functions/outbox/order-store.ts';
import { type Item, toOutboxItem } from '../../../../functions/outbox/row.ts';
import { anOrder } from '../../../support/orders.ts';
import { cancelledRow, placedRow } from '../../../support/outbox-rows.ts';

const [placed, cancelled] = [placedRow('a'), cancelledRow('a')];
const order = (events: readonly (typeof placed.event)[]) =>
  toOrderItem({ order: { ...anOrder('a'), seq: events.length }, events });

describe('the events that an order keeps', () => {
  it('are the rows that the checkout has put into the outbox, attribute by attribute', () => {
    expect(storedEvents(order([placed.event, cancelled.event]))).toEqual({
      orderId: placed.orderId,
      placedAt: anOrder('a').placedAt,
      rows: [placed, cancelled].map(toOutboxItem),
      bytes: placed.event.value.length + cancelled.event.value.length,
    });
  });

  it.each<[string, Item]>([
    ['an item without events', { orderId: { S: placed.orderId }, placedAt: { S: anOrder('a').placedAt } }],
    ['an order without an event', order([])],
    ['an event of another order', order([placed.event, cancelledRow('b').event])],
    ['an event that is not the one of its seq', order([cancelled.event])],
    ['an event without its bytes', { ...order([placed.event]), events: { L: [{ M: {} }] } }],
    ['something that is no item of the table', { events: order([placed.event]).events ?? { L: [] } }],
    ['an order of no time', { ...order([placed.event]), placedAt: { NULL: true } }],
  ])('are not taken from %s', (_, item) => {
    expect(storedEvents(item)).toBeUndefined();
  });
});

const nothing = {
  orders: 0,
  events: 0,
  bytes: 0,
  written: 0,
  waiting: 0,
  forgotten: 0,
  unreadable: [],
};

it('names orders that are not there, and offers nothing where no event was found', () => {
  const text = describeRepublished(nothing, ['ord_a', 'ord_b'], false);
  expect(text).toMatch(/orders that are not there +2/);
  expect(text).toContain('  not there: ord_a\n  not there: ord_b\n');
  expect(text).not.toContain('--execute');
});

it('names the option that writes what was found', () => {
  expect(describeRepublished({ ...nothing, orders: 1, events: 2 }, [], false)).toContain('--execute');
});
