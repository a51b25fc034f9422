import type { Effect } from '../kafka/effect.ts';
import type { BatchEvent, OrderEvents } from '../kafka/fold.ts';
import type { Invocation } from '../kafka/invocation.ts';
import { type Outcome, outcomeOfCopy } from '../kafka/outcome.ts';
import type { LedgerRow } from '../ledger/claim.ts';
import type { OrderId } from '../orders/ids.ts';
import { afterThankYou, ofThankYouRow, openAfter, SUPPRESSED_NOW, type ThankYou } from './arrival.ts';
import { type SendMailsPorts, sendMails, thankYouKey } from './send-mails.ts';

/**
 * The mails of a batch in three steps, each batched over all orders: cancellations that nothing precedes suppress the
 * thank-you of their order, then the thank-yous go out, then the cancellations that are due.
 */
export function emailEffect(ports: SendMailsPorts): Effect {
  return async (orders, invocation) => {
    const thankYous = await suppress(orders.filter(isCancelledFirst), ports, invocation);

    const known = orders.filter(({ orderId }) => thankYous.get(orderId)?.kind !== 'open');
    const thanks = await sendMails(
      known.flatMap((order) => eventsOf(order, 'OrderPlaced')),
      ports,
      invocation,
    );
    for (const { orderId, events } of orders) {
      const outcome = thanks.get(events[0]);
      if (outcome !== undefined) thankYous.set(orderId, afterThankYou(outcome));
    }

    const due = orders.filter(({ orderId }) => thankYous.get(orderId)?.kind === 'due');
    const cancellations = await sendMails(
      due.flatMap((order) => eventsOf(order, 'OrderCancelled')),
      ports,
      invocation,
    );
    const mailed = new Map([...thanks, ...cancellations]);
    return new Map(orders.flatMap((order) => outcomesOf(order, mailed, thankYous.get(order.orderId))));
  };
}

function isCancelledFirst({ events }: OrderEvents): boolean {
  return events[0].event.type === 'OrderCancelled';
}

function eventsOf({ events }: OrderEvents, type: BatchEvent['event']['type']): BatchEvent[] {
  return events.filter(({ event }) => event.type === type);
}

/** Decides the thank-yous of orders whose cancellation arrived first, so far as this batch shows. */
async function suppress(
  orders: readonly OrderEvents[],
  { ledger, consumer, now }: SendMailsPorts,
  { signal }: Invocation,
): Promise<Map<OrderId, ThankYou>> {
  const suppressed: LedgerRow = { status: 'SUPPRESSED' };
  const byKey = new Map(orders.map(({ orderId }) => [thankYouKey(consumer, orderId), orderId]));
  const inserts = await ledger.insert(new Map([...byKey.keys()].map((key) => [key, suppressed])), signal);
  const met = [...inserts].filter(([, { kind }]) => kind === 'exists').map(([key]) => key);
  const rows = await ledger.read(met, signal);

  const thankYous = new Map<OrderId, ThankYou>();
  for (const [key, orderId] of byKey) {
    const [insert, read] = [inserts.get(key), rows.get(key)];
    if (read !== undefined) thankYous.set(orderId, ofThankYouRow(read, now()));
    else if (insert?.kind === 'inserted') thankYous.set(orderId, SUPPRESSED_NOW);
    else if (insert?.kind === 'failed') thankYous.set(orderId, openAfter(insert.error));
  }
  return thankYous;
}

/** Events without a mail of their own end as their order's thank-you says. */
function outcomesOf(
  { events }: OrderEvents,
  mailed: ReadonlyMap<BatchEvent, Outcome>,
  thankYou: ThankYou | undefined,
): [BatchEvent, Outcome][] {
  let unmailed = 0;
  return events.flatMap((event) => {
    const outcome = mailed.get(event);
    if (outcome !== undefined) return [[event, outcome]];
    if (thankYou === undefined || thankYou.kind === 'due') return [];
    return [[event, unmailed++ === 0 ? thankYou.outcome : outcomeOfCopy(thankYou.outcome)]];
  });
}
