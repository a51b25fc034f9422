/** What email made of the topic. */

import type { Violation } from '../../support/invariants.ts';
import { EMAIL, GIVEN_UP, type Mail, type Observation } from './observation.ts';
import { type OrderEvent, orderEvents, placeOf } from './order-events.ts';
import { violationsOf } from './violation.ts';

const SENDING = 'POST /v2/email/outbound-emails';

type Evidence = Pick<Observation, 'faults' | 'marks'>;

/** A mail that was sent although one for the same event had been, and why that may be; undefined: it may not. */
export interface SecondMail {
  readonly first: Mail;
  readonly second: Mail;
  readonly excuse: 'lost answer' | 'crash' | 'no mark' | undefined;
}

/** Each mail that followed one for the same event, in the order in which the provider took them. */
export function secondMails(mails: readonly Mail[], evidence: Evidence): readonly SecondMail[] {
  const byEvent = Map.groupBy(mails, ({ eventId }) => eventId);
  return [...byEvent.values()].flatMap((its) => {
    const inOrder = its.toSorted((one, other) => one.at - other.at);
    return inOrder.slice(1).flatMap((second, index) => {
      const first = inOrder[index];
      return first === undefined ? [] : [{ first, second, excuse: excuseOf(first, second, evidence) }];
    });
  });
}

/**
 * The cases of docs/guarantees.md in which a mail may go out twice, each by what is on record in this run: the answer of
 * the first was lost or untrue, or came when its sender had stopped waiting; its process died; its mark could not be
 * written. None of them holds once the sender has marked the first.
 */
function excuseOf(first: Mail, second: Mail, { faults, marks }: Evidence): SecondMail['excuse'] {
  const { eventId, pid } = first;
  if (marks.some((mark) => mark.eventId === eventId && mark.pid === pid && mark.at < second.at))
    return undefined;
  if (!first.isAnswered) return 'lost answer';
  const before = faults.filter(({ at, pids }) => at <= second.at && pids.includes(pid));
  const ofEvent = before.filter(({ events }) => events.includes(eventId));
  if (ofEvent.some(({ kind, operation }) => kind === GIVEN_UP && operation === SENDING)) return 'lost answer';
  if (before.some(({ isDeath }) => isDeath)) return 'crash';
  return ofEvent.some(({ operation }) => operation === 'BatchWriteItem') ? 'no mark' : undefined;
}

/** I7: one mail for each event, but for the cases that are named and on record. */
export function oneMailPerEvent(observation: Observation): readonly Violation[] {
  const seconds = secondMails(observation.end.mails, observation).filter(
    ({ excuse }) => excuse === undefined,
  );
  return violationsOf('I7', seconds, ({ first, second }) => {
    return `the mail for ${first.eventId} was sent by process ${first.pid} and by ${second.pid}, and no fault explains it`;
  });
}

/** I7: every event has had its mail, to whom it is due; a cancellation that was first because its placement was given up has none. */
export function mailsFollowEvents({ end }: Observation): readonly Violation[] {
  const records = orderEvents(end);
  const events = new Map(records.map((event) => [event.eventId, event]));
  const mailed = new Set(end.mails.map(({ eventId }) => eventId));
  const astray = end.mails.filter((mail) => !isDue(mail, events.get(mail.eventId)));
  const quiet = new Set(end.suppressed);
  const missing = [...events.values()].filter(
    ({ orderId, eventId }) => !quiet.has(orderId) && !mailed.has(eventId),
  );
  const lost = new Set(end.givenUp.filter(({ consumer }) => consumer === EMAIL).map(placeOf));
  // Of copies any: the first was given up, and another one may have come long after the cancellation.
  const givenUp = new Set(
    records.flatMap(({ eventId, record }) => (lost.has(placeOf(record)) ? [eventId] : [])),
  );
  const wronglyQuiet = [...events.values()].filter(
    ({ orderId, eventId, seq }) =>
      seq === 1 &&
      quiet.has(orderId) &&
      (!givenUp.has(eventId) || [1, 2].some((other) => mailed.has(`${orderId}.${other}`))),
  );
  return [
    ...violationsOf('I7', astray, ({ eventId, kind, to }) => `a mail (${kind}) for ${eventId} went to ${to}`),
    ...violationsOf('I7', missing, ({ eventId }) => `there is no mail for ${eventId}`),
    ...violationsOf('I7', wronglyQuiet, ({ orderId }) => `the thank-you for ${orderId} was suppressed`),
  ];
}

function isDue({ kind, to }: Mail, event: OrderEvent | undefined): boolean {
  const expected = event?.type === 'OrderPlaced' ? 'thank-you' : 'cancellation';
  return event !== undefined && kind === expected && to === event.data.email;
}
