/** What the relay made of the outbox. */
import { isDeepStrictEqual } from 'node:util';
import type { Violation } from '../../support/invariants.ts';
import type { Content, State } from './observation.ts';
import { orderEvents, placeOf } from './order-events.ts';
import { violationsOf } from './violation.ts';

/** I5: all copies of an event are byte for byte what its order keeps. */
export function copiesAreEqual(state: State): readonly Violation[] {
  const kept = new Map<string, Content>(
    state.orders.flatMap(({ orderId, events }) =>
      events.map((event, index) => [`${orderId}.${index + 1}`, event] as const),
    ),
  );
  const differing = orderEvents(state).filter(({ eventId, record }) => {
    const original = kept.get(eventId);
    return original !== undefined && !isEqual(original, record);
  });
  return violationsOf('I5', differing, ({ eventId, record }) => {
    return `the copy of ${eventId} at ${placeOf(record)} differs from what its order keeps`;
  });
}

/** Whether two records have the same bytes. */
export function isEqual(one: Content, other: Content): boolean {
  return one.key === other.key && one.value === other.value && isDeepStrictEqual(one.headers, other.headers);
}

/** I6: an order's events are in one partition, and first appear in the order of their seq. */
export function ordersKeepTheirOrder(state: State): readonly Violation[] {
  const byOrder = Map.groupBy(orderEvents(state), ({ orderId }) => orderId);
  return [...byOrder].flatMap(([orderId, events]): readonly Violation[] => {
    const partitions = new Set(events.map(({ record }) => record.partition));
    if (partitions.size > 1) {
      return [{ id: 'I6', text: `${orderId} is on partitions ${[...partitions].join(' and ')}` }];
    }
    const firsts = [...new Set(events.toSorted(byOffset).map(({ seq }) => seq))];
    return firsts.every((seq, index) => seq === index + 1)
      ? []
      : [{ id: 'I6', text: `the events of ${orderId} first appear in the order ${firsts.join(', ')}` }];
  });
}

function byOffset(
  { record: one }: { readonly record: { readonly offset: number } },
  { record: other }: { readonly record: { readonly offset: number } },
): number {
  return one.offset - other.offset;
}
