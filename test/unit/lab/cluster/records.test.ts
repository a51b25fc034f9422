import { expect, it } from 'vitest';
import { sideBySide, type TopicRecord } from '../../../../lab/cluster/records.ts';

let offset = 0;
const event = (order: string, id: string): TopicRecord => ({
  partition: 0,
  offset: offset++,
  key: order,
  text: '{}',
  headers: { id },
});

it('an order and its event make a pair', () => {
  expect(sideBySide(['order-1', 'order-2'], [event('order-1', 'a'), event('order-2', 'b')])).toEqual({
    ordersWithoutEvent: 0,
    eventsWithoutOrder: 0,
    records: 2,
    copies: 0,
    copiesWithAnotherId: 0,
  });
});

it('an order without an event is counted, and an event without an order, and each by itself', () => {
  expect(sideBySide(['order-1', 'order-2'], [event('order-2', 'b'), event('order-3', 'c')])).toMatchObject({
    ordersWithoutEvent: 1,
    eventsWithoutOrder: 1,
  });
});

it('a second record of an order is a copy, known by its id or not', () => {
  const records = [event('order-1', 'a'), event('order-1', 'a'), event('order-1', 'z')];
  expect(sideBySide(['order-1'], records)).toEqual({
    ordersWithoutEvent: 0,
    eventsWithoutOrder: 0,
    records: 3,
    copies: 2,
    copiesWithAnotherId: 1,
  });
});

it('copies of an event without an order are one event', () => {
  expect(sideBySide([], [event('order-1', 'a'), event('order-1', 'a')])).toMatchObject({
    eventsWithoutOrder: 1,
    copies: 1,
  });
});
