import type { BatchEvent } from '../kafka/fold.ts';
import type { Invocation } from '../kafka/invocation.ts';
import type { Outcome } from '../kafka/outcome.ts';
import { type ActOncePorts, type ActResult, actOnce } from '../ledger/act-once.ts';
import type { Logger } from '../logger.ts';
import type { OrderEvent } from '../orders/events.ts';
import { eventIdFor, type OrderId } from '../orders/ids.ts';
import { outcomeOfMail } from './arrival.ts';
import { cancellationMail } from './cancellation.ts';
import type { Mail, MailRefusal, SendMail } from './mail.ts';
import { thankYouMail } from './thank-you.ts';

export interface SendMailsPorts extends ActOncePorts {
  /** The consumer group, by which the ledger's rows are named. */
  readonly consumer: string;
  readonly sendMail: SendMail;
  /** Milliseconds that `sendMail` takes at most. */
  readonly sendDeadlineMs: number;
  readonly logger: Logger;
}

/** A new production account of SES may send 14 mails a second; what is over the rate is refused and comes again. */
const SENDS_IN_FLIGHT = 10;

/** The ledger's row for an order's thank-you: a placement is an order's first event. */
export function thankYouKey(consumer: string, orderId: OrderId): string {
  return `${consumer}#${eventIdFor(orderId, 1)}`;
}

/** Sends the mail of each event once over all its deliveries; an outcome for every event. */
export async function sendMails(
  events: readonly BatchEvent[],
  ports: SendMailsPorts,
  invocation: Invocation,
): Promise<Map<BatchEvent, Outcome>> {
  const results = await actOnce<BatchEvent, MailRefusal>(
    events,
    {
      keyOf: (event) => keyOf(event, ports.consumer),
      act: async ({ event }) => await ports.sendMail(mailOf(event)),
      deadlineMs: ports.sendDeadlineMs,
      inFlight: SENDS_IN_FLIGHT,
    },
    ports,
    invocation,
  );
  for (const [{ event }, result] of results) warnOfUnmarked(event, result, ports.logger);
  return new Map([...results].map(([event, result]) => [event, outcomeOfMail(result)]));
}

function keyOf({ event }: BatchEvent, consumer: string): string {
  switch (event.type) {
    case 'OrderPlaced':
      return thankYouKey(consumer, event.data.orderId);
    case 'OrderCancelled':
      return `${consumer}#${event.eventId}`;
  }
}

function mailOf(event: OrderEvent): Mail {
  switch (event.type) {
    case 'OrderPlaced':
      return thankYouMail(event.eventId, event.data);
    case 'OrderCancelled':
      return cancellationMail(event.eventId, event.data);
  }
}

/** The mail is out and stays `done`: to deliver the record again would send it again for sure. */
function warnOfUnmarked({ eventId }: OrderEvent, result: ActResult<MailRefusal>, logger: Logger): void {
  if (result.kind !== 'made' || result.unmarked === undefined) return;
  logger.warn('mail sent but not marked', { eventId, code: result.unmarked.code });
}
