/** What the relay made of the outbox. */
import type { Promised } from './check.ts';
import { fromSteps, isEqual, type OrderEvent, placeOf, publishedEvents, statesOf } from './events.ts';
import type { Content, State, Step } from './observation.ts';

export const PUBLICATION: readonly Promised[] = [
  {
    id: 'I2',
    says: 'no row leaves the outbox before its event is on the topic',
    broken: (observation) => fromSteps(observation, deletedTooEarly),
  },
  {
    id: 'I5',
    says: 'copies are equal to the byte, and to what the order keeps',
    broken: (observation) => statesOf(observation).flatMap(copiesThatDiffer),
  },
  {
    id: 'I6',
    says: 'an order is on one partition; its events first appear in order',
    broken: (observation) => statesOf(observation).flatMap(ordersOutOfOrder),
  },
];

function deletedTooEarly(steps: readonly Step[]): readonly string[] {
  const published = new Set<string>();
  return steps.flatMap((step) => {
    if (step.what === 'appended') published.add(step.eventId);
    return step.what === 'row deleted' && !published.has(step.eventId)
      ? [`${step.eventId} left the outbox before it was on the topic`]
      : [];
  });
}

function copiesThatDiffer(state: State): readonly string[] {
  const kept = new Map<string, Content>(
    state.orders.flatMap(({ orderId, events }) =>
      events.map((event, index) => [`${orderId}.${index + 1}`, event] as const),
    ),
  );
  return publishedEvents(state)
    .filter(({ eventId, record }) => {
      const original = kept.get(eventId);
      return original !== undefined && !isEqual(original, record);
    })
    .map(
      ({ eventId, record }) =>
        `the copy of ${eventId} at ${placeOf(record)} differs from what its order keeps`,
    );
}

function ordersOutOfOrder(state: State): readonly string[] {
  const byOrder = Map.groupBy(publishedEvents(state), ({ orderId }) => orderId);
  return [...byOrder].flatMap(([orderId, events]) => {
    const partitions = new Set(events.map(({ record }) => record.partition));
    if (partitions.size > 1) return [`${orderId} is on partitions ${[...partitions].join(' and ')}`];
    const firsts = [...new Set(events.toSorted(byOffset).map(({ seq }) => seq))];
    return firsts.every((seq, index) => seq === index + 1)
      ? []
      : [`the events of ${orderId} first appear in the order ${firsts.join(', ')}`];
  });
}

function byOffset({ record: one }: OrderEvent, { record: other }: OrderEvent): number {
  return one.offset - other.offset;
}
