import { type Count, contradictions, duplicates, lost, sum } from '../verdict.ts';
import type { FaultsObservation } from './observation.ts';
import type { FaultsPlan } from './plan.ts';
import { poisoned } from './poison.ts';

/** Every count that the plan promises, beside what was seen. */
export function faultsVerdict(plan: FaultsPlan, seen: FaultsObservation): readonly Count[] {
  const orders = plan.slow + plan.down + plan.dark;
  const { mails, outage, dark } = seen;
  const letters = (consumer: string, reason: string, status: string) =>
    seen.letters.get(`${consumer} ${reason} ${status}`) ?? 0;
  const ofEach = (reason: 'unparseable' | 'invalid') =>
    (['email-service', 'shipping-service'] as const).map((consumer) => ({
      what: `  of ${consumer}, ${reason}`,
      expected: poisoned(reason),
      counted: letters(consumer, reason, 'OPEN'),
    }));
  return [
    { what: 'orders answered 201 Created', expected: orders, counted: seen.created },
    { what: 'orders in the table', expected: orders, counted: seen.orders.size },
    { what: 'outbox rows left behind', expected: 0, counted: seen.outboxRows },
    {
      what: 'events on the topic, poison included',
      expected: orders + plan.poison,
      counted: sum([...seen.topic.events.values()].map((ids) => ids.length)),
    },
    { what: 'mail provider down: orders shipped', expected: plan.down - 1, counted: outage.shipped },
    { what: '  mails sent', expected: 0, counted: outage.mailed },
    { what: '  for longer than one invocation', expected: 1, counted: Number(outage.outlastedAnInvocation) },
    { what: 'crash loop: invocations of the record alone', expected: seen.allowed, counted: seen.crashed },
    {
      what: '  its dead letter, replayed to shipping alone',
      expected: 1,
      counted: letters('shipping-service', 'retries-exhausted', 'REPLAYED'),
    },
    { what: '  letters that the replay counted', expected: 1, counted: seen.replayed },
    { what: 'email-service dark: orders shipped', expected: plan.dark, counted: dark.shipped },
    { what: '  mails sent', expected: 0, counted: dark.mailed },
    { what: '  records that waited', expected: plan.dark, counted: dark.lag },
    { what: '  records delivered afterwards', expected: plan.dark, counted: dark.delivered },
    { what: 'dead letters', expected: 2 * plan.poison + 1, counted: sum(seen.letters.values()) },
    ...ofEach('unparseable'),
    ...ofEach('invalid'),
    { what: 'thank-you mails', expected: orders, counted: sum(mails.thankYou.values()) },
    { what: '  other mails', expected: 0, counted: sum(mails.cancellation.values()) + mails.unknown },
    { what: 'shipments', expected: orders, counted: seen.shipments.size },
    { what: 'lost: orders without mail or shipment', expected: 0, counted: lost(seen) },
    { what: 'duplicates: effects more than once', expected: 0, counted: duplicates(seen) },
    { what: 'contradictions: order against shipment', expected: 0, counted: contradictions(seen) },
  ];
}
