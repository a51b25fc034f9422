import { expect, test } from 'vitest';
import { orderBatch } from '../../../../bench/consumers/order-batches.ts';
import { placedOrders } from '../../../../bench/contenders/placed-orders.ts';
import { decodeKafkaEvent } from '../../../../functions/kafka/decode.ts';

test('a batch is valid orders of half a kilobyte, over three partitions', () => {
  const records = decodeKafkaEvent(JSON.parse(orderBatch(0, 100)));

  expect(records).toHaveLength(100);
  expect(new Set(records.map(({ topicPartition }) => topicPartition))).toEqual(
    new Set(['orders-0', 'orders-1', 'orders-2']),
  );
  for (const { value } of records) expect(value?.length).toBeGreaterThan(400);
  for (const { value } of records) expect(value?.length).toBeLessThan(600);
});

test('batches after one another share no order, and the same batch again is the same', () => {
  const idsOf = (first: number) =>
    placedOrders(JSON.parse(orderBatch(first, 100))).map(({ eventId }) => eventId);

  expect(new Set([...idsOf(0), ...idsOf(100)]).size).toBe(200);
  expect(idsOf(100)).toEqual(idsOf(100));
  expect(orderBatch(100, 100)).toBe(orderBatch(100, 100));
});
