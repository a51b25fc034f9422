/** What email made of the topic. */
import type { Evidence } from '../evidence.ts';
import type { Mailed, Past } from '../history.ts';
import { REFUSED_RECIPIENT } from '../mail-provider.ts';
import { givenUp, isDeadLetter } from './given-up.ts';
import { type OrderEvent, orderEvents } from './topic-events.ts';
import type { Violation } from './violation.ts';

const GROUP = 'email-service';

/**
 * I7: a mail goes out once, except where nobody can prevent it: the answer to the first was lost, its process stopped
 * before it could mark it, or the mark couldn't be written; or the second's process had stood still since it looked.
 */
export function oneMailPerEvent(evidence: Evidence): Violation[] {
  const byEvent = Map.groupBy(evidence.mails, ({ eventId }) => eventId);
  return [...byEvent].flatMap(([eventId, mails]) =>
    mails.slice(1).flatMap((mail, index): Violation[] => {
      const before = mails[index];
      return before === undefined || isExcused(evidence, before, mail)
        ? []
        : [
            {
              id: 'I7',
              text: `the mail for ${eventId} was sent by ${before.process} and by ${mail.process}`,
            },
          ];
    }),
  );
}

function isExcused({ history, processes }: Evidence, first: Mailed, second: Mailed): boolean {
  if (!first.isAnswered) return true;
  if (processes.get(first.process)?.wasStoppedSince(first.at)) return true;
  const wasFrozen = (past: Past) =>
    past.what === 'process' &&
    past.name === second.process &&
    past.change === 'frozen' &&
    past.at <= second.at;
  const couldNotMark = (past: Past) =>
    past.what === 'fault' &&
    past.where === `${first.process} BatchWriteItem(EmailLedger)` &&
    past.at >= first.at &&
    past.at <= second.at;
  return history.past.some((past) => wasFrozen(past) || couldNotMark(past));
}

/** I2: nothing is marked as sent that wasn't sent. */
export function markedIsSent(evidence: Evidence): Violation[] {
  return evidence.history.past.flatMap((past): Violation[] => {
    if (past.what !== 'written' || past.table !== 'EmailLedger' || past.after?.status?.S !== 'SENT')
      return [];
    const eventId = past.after.eventKey?.S?.slice(GROUP.length + 1);
    return evidence.mails.some((mail) => mail.eventId === eventId && mail.at <= past.at)
      ? []
      : [{ id: 'I7', text: `${eventId} is marked as sent, and no mail is out` }];
  });
}

/**
 * I7: in the end every event that arrived has had its mail: a thank-you for each placement, and a confirmation for each
 * cancellation. What the provider refused is a dead letter. Only where the placement was given up may a cancellation come
 * first; then there is no mail at all.
 */
export function mailsFollowEvents(evidence: Evidence): Violation[] {
  const lost = givenUp(evidence, GROUP);
  const mailed = new Set(evidence.mails.map(({ eventId }) => eventId));
  const isLost = ({ partition, record }: OrderEvent) =>
    lost.has(`${partition}@${record.offset}`) ||
    (isDeadLetter(evidence, GROUP, partition, record) && REFUSED_RECIPIENT.test(recipientOf(record)));
  const byOrder = Map.groupBy(orderEvents(evidence), ({ orderId }) => orderId);
  return [...byOrder.values()].flatMap((events) => {
    const firstCopies = [...Map.groupBy(events, ({ eventId }) => eventId).values()];
    if (firstCopies.some((copies) => copies.some(isLost))) return [];
    return firstCopies.flatMap(([first]): Violation[] =>
      first === undefined || mailed.has(first.eventId)
        ? []
        : [{ id: 'I7', text: `there is no mail for ${first.eventId}` }],
    );
  });
}

function recipientOf({ value }: OrderEvent['record']): string {
  const { email }: { email: string } = JSON.parse(String(value));
  return email;
}
