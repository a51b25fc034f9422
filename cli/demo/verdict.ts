import type { Observation } from './observation.ts';
import { type DemoPlan, repeatedRequests } from './plan.ts';

/** One line of the proof: exact, or the demo has failed. */
export interface Count {
  readonly what: string;
  readonly expected: number;
  readonly counted: number;
}

/** Every count that the plan promises, beside what was seen. */
export function verdict(plan: DemoPlan, seen: Observation): readonly Count[] {
  const cancelled = plan.cancelled.length;
  const events = plan.orders + cancelled;
  const { topic, mails } = seen;
  const distinctEvents = sum([...topic.events.values()].map((ids) => ids.length));
  return [
    { what: 'orders answered 201 Created', expected: plan.orders, counted: seen.created },
    { what: 'repeated requests answered 200', expected: repeatedRequests(plan), counted: seen.replayed },
    { what: 'orders in the table', expected: plan.orders, counted: seen.orders.size },
    { what: '  of them cancelled', expected: cancelled, counted: withStatus(seen.orders, 'CANCELLED') },
    { what: 'outbox rows left behind', expected: 0, counted: seen.outboxRows },
    { what: 'events on the topic', expected: events, counted: distinctEvents },
    {
      what: '  records, second copies included',
      expected: events + plan.copies,
      counted: sum(topic.records),
    },
    { what: '  out of order within their order', expected: 0, counted: topic.outOfOrder },
    { what: '  orders on two partitions', expected: 0, counted: topic.scattered },
    { what: '  copies that differ in a byte', expected: 0, counted: topic.differingCopies },
    { what: 'thank-you mails', expected: plan.orders, counted: sum(mails.thankYou.values()) },
    { what: 'cancellation mails', expected: cancelled, counted: sum(mails.cancellation.values()) },
    { what: '  other mails', expected: 0, counted: mails.unknown },
    { what: 'shipments', expected: plan.orders, counted: seen.shipments.size },
    { what: '  of them cancelled', expected: cancelled, counted: withStatus(seen.shipments, 'CANCELLED') },
    { what: 'lost: orders without mail or shipment', expected: 0, counted: lost(seen) },
    { what: 'duplicates: effects more than once', expected: 0, counted: duplicates(seen) },
    { what: 'contradictions: order against shipment', expected: 0, counted: contradictions(seen) },
    { what: 'dead letters', expected: 0, counted: seen.deadLetters },
    { what: 'shipping environments killed', expected: 1, counted: seen.killedEnvironments },
  ];
}

/** Whether every count is what it has to be. */
export function isExact(counts: readonly Count[]): boolean {
  return counts.every(({ expected, counted }) => expected === counted);
}

type Effects = Pick<Observation, 'orders' | 'mails' | 'shipments'>;

/** Orders that lack their thank-you mail or shipment, and cancelled ones that lack their second mail. */
export function lost({ orders, mails, shipments }: Effects): number {
  let missing = 0;
  for (const [orderId, status] of orders) {
    const told = status !== 'CANCELLED' || mails.cancellation.has(orderId);
    if (!mails.thankYou.has(orderId) || !shipments.has(orderId) || !told) missing++;
  }
  return missing;
}

/** Mails beyond the first of their kind; a shipment is a row and can't exist twice. */
export function duplicates({ mails }: Pick<Effects, 'mails'>): number {
  return sum([...mails.thankYou.values(), ...mails.cancellation.values()].map((count) => count - 1));
}

/**
 * Shipments that ship a cancelled order, hold back a placed one, or belong to no order; mails to no order. A shipment that
 * has recorded that the cancellation came too late, since its manifest was out, says what its order says.
 */
export function contradictions({ orders, shipments, mails }: Effects): number {
  let wrong = 0;
  for (const [orderId, status] of shipments) {
    const cancelled = status === 'CANCELLED' || status === 'CANCELLED_TOO_LATE';
    if ((orders.get(orderId) === 'CANCELLED') !== cancelled || !orders.has(orderId)) wrong++;
  }
  for (const orderId of mails.thankYou.keys()) if (!orders.has(orderId)) wrong++;
  for (const orderId of mails.cancellation.keys()) if (orders.get(orderId) !== 'CANCELLED') wrong++;
  return wrong;
}

function withStatus(statuses: ReadonlyMap<string, string>, wanted: string): number {
  return [...statuses.values()].filter((status) => status === wanted).length;
}

/** The sum of numbers; 0 for none. */
export function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
