/** What the relay made of the outbox. */
import { isDeepStrictEqual } from 'node:util';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Violation } from '../../support/invariants.ts';
import type { Evidence } from '../evidence.ts';
import { orderEvents } from './topic-events.ts';

/** I2: every event that an order keeps is on the topic; no outbox row went before its event was there. */
export function keptIsPublished(evidence: Evidence): Violation[] {
  const published = new Set(orderEvents(evidence).map(({ eventId }) => eventId));
  const kept = [...evidence.tables.orders.items.values()].flatMap(({ orderId, events }) =>
    (events?.L ?? []).map((_, index) => `${orderId?.S}.${index + 1}`),
  );
  return [
    ...kept
      .filter((eventId) => !published.has(eventId))
      .map((eventId): Violation => ({ id: 'I2', text: `${eventId} is in no record of the topic` })),
    ...deletedTooEarly(evidence),
  ];
}

function deletedTooEarly({ history }: Evidence): Violation[] {
  const published = new Set<string>();
  const violations: Violation[] = [];
  for (const past of history.past) {
    if (past.what === 'appended') published.add(past.record);
    if (past.what !== 'written' || past.table !== 'Outbox' || past.after !== undefined) continue;
    const eventId = `${past.before?.orderId?.S}.${past.before?.seq?.N}`;
    if (!published.has(eventId)) {
      violations.push({ id: 'I2', text: `${eventId} left the outbox before it was on the topic` });
    }
  }
  return violations;
}

/** I5: all copies of an event are byte for byte what its order keeps. */
export function copiesAreEqual(evidence: Evidence): Violation[] {
  return orderEvents(evidence).flatMap(({ isForeign, orderId, eventId, record }) => {
    if (isForeign) return [];
    const seq = Number(eventId.slice(orderId.length + 1));
    const kept = evidence.tables.orders.get({ orderId: { S: orderId } })?.events?.L?.[seq - 1]?.M;
    const headers = Object.entries(record.headers).map(([name, value]) => [name, String(value)]);
    const isEqual =
      kept?.key?.S === String(record.key) &&
      Buffer.compare(kept.value?.B ?? Buffer.of(), record.value ?? Buffer.of()) === 0 &&
      isDeepStrictEqual(headers, pairsOf(kept.headers));
    return isEqual ? [] : [{ id: 'I5', text: `a copy of ${eventId} differs from what its order keeps` }];
  });
}

function pairsOf(headers: AttributeValue | undefined): unknown {
  return headers?.L?.map(({ L: pair }) => pair?.map(({ S: text }) => text));
}

/** I6: an order's events are in one partition, and first appear in the order of their seq. */
export function ordersKeepTheirOrder(evidence: Evidence): Violation[] {
  const violations: Violation[] = [];
  const seen = new Map<string, { readonly partition: number; newest: number }>();
  for (const { isForeign, orderId, eventId, partition } of orderEvents(evidence)) {
    if (isForeign) continue;
    const seq = Number(eventId.slice(orderId.length + 1));
    const order = seen.get(orderId) ?? { partition, newest: 0 };
    seen.set(orderId, order);
    if (order.partition !== partition) {
      violations.push({ id: 'I6', text: `${orderId} is in partitions ${order.partition} and ${partition}` });
    }
    if (seq > order.newest + 1)
      violations.push({ id: 'I6', text: `${eventId} comes before its predecessor` });
    order.newest = Math.max(order.newest, seq);
  }
  return violations;
}
