import type { BatchEvent } from '../kafka/fold.ts';
import type { Invocation } from '../kafka/invocation.ts';
import { ledgerKey, makeOnce, type OnceEachPorts } from '../kafka/once-each.ts';
import type { Outcome } from '../kafka/outcome.ts';
import type { OrderEvent } from '../orders/events.ts';
import { type EventId, eventIdFor, type OrderId } from '../orders/ids.ts';
import { cancellationMail } from './cancellation.ts';
import type { Mail, SendMail } from './mail.ts';
import { thankYouMail } from './thank-you.ts';

export interface SendMailsPorts extends OnceEachPorts {
  readonly sendMail: SendMail;
  /** Milliseconds that `sendMail` takes at most. */
  readonly sendDeadlineMs: number;
}

/** A new production account of SES may send 14 mails a second; what is over the rate is refused and comes again. */
const SENDS_IN_FLIGHT = 10;

/** The ledger's row for an order's thank-you. */
export function thankYouKey(consumer: string, orderId: OrderId): string {
  return ledgerKey(consumer, thankYouId(orderId));
}

/** A placement is an order's first event. */
function thankYouId(orderId: OrderId): EventId {
  return eventIdFor(orderId, 1);
}

/** Sends the mail of each event once over all its deliveries; an outcome for every event. */
export function sendMails(
  events: readonly BatchEvent[],
  ports: SendMailsPorts,
  invocation: Invocation,
): Promise<Map<BatchEvent, Outcome>> {
  return makeOnce(
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
