/**
 * Which mails go out follows the order in which an order's events arrive:
 *
 *     placed                       a thank-you
 *     placed, then cancelled       a thank-you, then a cancellation
 *     cancelled first              none, neither now nor when the placement comes
 *
 * The thank-you's row in the ledger remembers what arrived first: a claim or `SENT`, or else `SUPPRESSED`.
 */
import { type ConsumerPorts, consume, type KafkaHandler } from '../kafka/consume.ts';
import type { Effect, Invocation } from '../kafka/effect.ts';
import type { BatchEvent, OrderEvents } from '../kafka/fold.ts';
import { actOncePerEvent, HELD, ledgerKey, type OnceEachPorts } from '../kafka/once-each.ts';
import { DONE, DUPLICATE, type Outcome, outcomeOfCopy, outcomeOfError, retry } from '../kafka/outcome.ts';
import type { LedgerRead, LedgerRow } from '../ledger/ledger.ts';
import type { OrderEvent } from '../orders/events.ts';
import { type EventId, eventIdFor, type OrderId } from '../orders/ids.ts';
import { cancellationMail, type Mail, type SendMail, thankYouMail } from './mails.ts';

export interface SendMailsPorts extends OnceEachPorts {
  readonly sendMail: SendMail;
  /** Milliseconds that `sendMail` takes at most. */
  readonly sendDeadlineMs: number;
}

/** The consumer that thanks the customer for each order placed, and confirms each one cancelled. */
export function emailHandler(ports: ConsumerPorts & SendMailsPorts): KafkaHandler {
  return consume(emailEffect(ports), ports);
}

/**
 * The mails of a batch in three steps, each batched over all orders: cancellations that nothing precedes suppress the
 * thank-you of their order, then the thank-yous go out, then the cancellations that are due.
 */
function emailEffect(ports: SendMailsPorts): Effect {
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

/** What a cancellation finds of its order's thank-you. */
type ThankYou =
  /** It went out, or its placement arrived first and sees to it: the cancellation has its mail. */
  | { readonly kind: 'due' }
  /** It never goes out, and neither does a cancellation; `outcome` is what that means for the event that asked. */
  | { readonly kind: 'suppressed'; readonly outcome: Outcome }
  /** Not known yet, for the reason that `outcome` gives. */
  | { readonly kind: 'open'; readonly outcome: Outcome };

/** After a cancellation that nothing preceded has suppressed the thank-you. */
const SUPPRESSED_NOW: ThankYou = { kind: 'suppressed', outcome: DONE };

/**
 * After a cancellation that nothing preceded in its batch found that the thank-you has a row.
 *
 * A claim whose lease is past says that the placement arrived first, and that its mail is late or in the dead letters:
 * the cancellation doesn't wait for it.
 */
function ofThankYouRow(read: LedgerRead, now: number): ThankYou {
  if (read.kind === 'failed') return openAfter(read.error);
  switch (read.row.status) {
    case 'SENT':
      return { kind: 'due' };
    case 'SUPPRESSED':
      return { kind: 'suppressed', outcome: DUPLICATE };
    case 'CLAIMED':
      return read.row.leaseUntil <= now ? { kind: 'due' } : { kind: 'open', outcome: HELD };
  }
}

/** When the ledger didn't say. */
const openAfter = (error: unknown): ThankYou => ({ kind: 'open', outcome: outcomeOfError(error) });

/** Whether the thank-you is given up, or comes again after all, is decided when the effects of the batch are known. */
const UNDECIDED = retry('THANK_YOU_FAILED');

/** After the thank-you itself was attempted, just before in the same batch. */
function afterThankYou(outcome: Outcome): ThankYou {
  switch (outcome.kind) {
    case 'done':
    case 'duplicate':
      return { kind: 'due' };
    case 'dead-letter':
      return { kind: 'open', outcome: UNDECIDED };
    case 'skipped':
      return { kind: 'suppressed', outcome: DUPLICATE };
    case 'retry':
      return { kind: 'open', outcome };
  }
}

/** A new production account of SES may send 14 mails a second; what is over the rate is refused and comes again. */
const SENDS_IN_FLIGHT = 10;

/** The ledger's row for an order's thank-you. */
function thankYouKey(consumer: string, orderId: OrderId): string {
  return ledgerKey(consumer, thankYouId(orderId));
}

/** A placement is an order's first event. */
function thankYouId(orderId: OrderId): EventId {
  return eventIdFor(orderId, 1);
}

/** Sends the mail of each event once over all its deliveries; an outcome for every event. */
function sendMails(
  events: readonly BatchEvent[],
  ports: SendMailsPorts,
  invocation: Invocation,
): Promise<Map<BatchEvent, Outcome>> {
  return actOncePerEvent(
    events,
    {
      keyOf: (event) => (event.type === 'OrderPlaced' ? thankYouId(event.data.orderId) : event.eventId),
      act: (event) => ports.sendMail(mailOf(event)),
      deadlineMs: ports.sendDeadlineMs,
      inFlight: SENDS_IN_FLIGHT,
    },
    ports,
    invocation,
  );
}

function mailOf(event: OrderEvent): Mail {
  switch (event.type) {
    case 'OrderPlaced':
      return thankYouMail(event.eventId, event.data);
    case 'OrderCancelled':
      return cancellationMail(event.eventId, event.data);
  }
}
