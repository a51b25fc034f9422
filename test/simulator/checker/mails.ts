/** What email made of the topic. */
import type { Violation } from '../../support/invariants.ts';
import type { Item } from '../dynamodb/tables.ts';
import type { Evidence } from '../evidence.ts';
import type { Mailed, Past } from '../history.ts';
import { REFUSED_RECIPIENT } from '../mail-provider.ts';
import { START } from '../scenario.ts';
import { givenUp, isDeadLetter } from './given-up.ts';
import { type OrderEvent, orderEvents } from './topic-events.ts';

const GROUP = 'email-service';

/**
 * I7, and I11 for replays: a mail goes out once, except where nobody can prevent it: the answer to one was lost, the first's process stopped
 * before it could mark it, or the mark couldn't be written; or the second's process had stood still since it looked.
 */
export function oneMailPerEvent(evidence: Evidence): Violation[] {
  const byEvent = Map.groupBy(evidence.mails, ({ eventId }) => eventId);
  return [...byEvent].flatMap(([eventId, mails]) =>
    mails.slice(1).flatMap((mail, index): Violation[] => {
      const before = mails[index];
      if (before === undefined || isExcused(evidence, before, mail)) return [];
      const text = `the mail for ${eventId} was sent by ${before.process} and by ${mail.process}`;
      return [{ id: isOfReplay(evidence, mail) ? 'I11' : 'I7', text }];
    }),
  );
}

/** As functions/email/email.ts has it. */
const SENDS_IN_FLIGHT = 10;

/**
 * I7: a process that stops before it has marked what is out costs no more second mails than it had sends under way; those
 * aside that have another reason.
 */
export function crashesCostWhatIsUnderWay(evidence: Evidence): Violation[] {
  const byEvent = Map.groupBy(evidence.mails, ({ eventId }) => eventId);
  const unmarked = [...byEvent.values()].flatMap(([first, second]) =>
    first !== undefined && second !== undefined && isOfCrash(evidence, first, second) ? [first] : [],
  );
  return [...Map.groupBy(unmarked, ({ process }) => process)].flatMap(([process, mails]) =>
    mails.length <= SENDS_IN_FLIGHT
      ? []
      : [{ id: 'I7' as const, text: `${process} stopped, and ${mails.length} mails went out again` }],
  );
}

function isOfCrash(evidence: Evidence, first: Mailed, second: Mailed): boolean {
  if (!first.isAnswered || !second.isAnswered || couldNotMark(evidence, first, second)) return false;
  if (evidence.processes.get(second.process)?.wasStopped(START, second.at)) return false;
  return evidence.processes.get(first.process)?.wasStopped(first.at, second.at) ?? false;
}

function isOfReplay({ history }: Evidence, { process, at }: Mailed): boolean {
  const last = history.past.findLast(
    (past) => past.what === 'invoked' && past.name === process && past.at <= at,
  );
  return last?.what === 'invoked' && last.isReplay;
}

function isExcused(evidence: Evidence, first: Mailed, second: Mailed): boolean {
  const { processes } = evidence;
  if (!first.isAnswered || !second.isAnswered) return true;
  if (processes.get(first.process)?.wasStopped(first.at, second.at)) return true;
  if (processes.get(second.process)?.wasStopped(START, second.at)) return true;
  return couldNotMark(evidence, first, second);
}

function couldNotMark({ history }: Evidence, first: Mailed, second: Mailed): boolean {
  const between = history.past.filter(({ at }) => at >= first.at && at <= second.at);
  const couldNot = between.some(
    (past) => past.what === 'fault' && past.where === `${first.process} BatchWriteItem(EmailLedger)`,
  );
  const hasMarked = between.some(
    (past) => isMark(past) && past.process === first.process && past.key.includes(first.eventId),
  );
  return couldNot && !hasMarked;
}

type Written = Extract<Past, { what: 'written' }>;

function isMark(past: Past): past is Written & { at: number } {
  return past.what === 'written' && past.table === 'EmailLedger' && past.after?.status?.S === 'SENT';
}

/** Who holds a claim after an effect whose answer was lost: nobody may, until its lease is past. */
const NOBODY = 'nobody';

/** I7: while a claim's lease runs, nobody else takes it; clocks that differ are allowed for. */
export function leasesAreKept({ history, scenario }: Evidence): Violation[] {
  return history.past.flatMap((past): Violation[] => {
    if (past.what !== 'written' || past.table !== 'EmailLedger') return [];
    const { before, after, key, process } = past;
    if (before?.status?.S !== 'CLAIMED' || after?.status?.S !== 'CLAIMED') return [];
    const isSame = before.owner?.S === after.owner?.S || after.owner?.S === NOBODY;
    const isOver = Number(before.leaseUntil?.N) <= past.at + 2 * scenario.maxSkewMs;
    if (isSame || isOver) return [];
    return [
      { id: 'I7', text: `the claim ${key} of ${before.owner?.S} was taken by ${process} within its lease` },
    ];
  });
}

/** What a mail is not tried again within, once nobody knows whether it went out; half of a claim's lease. */
const HELD_BACK_MS = 30_000;

/**
 * I7: after a lost answer a mail is not tried again at once, so that a provider that takes everything and says nothing is
 * not sent a flood. Only a process that has stood still doesn't know better.
 */
export function lostAnswersAreHeldBack({ history }: Evidence): Violation[] {
  const tries = history.past.filter((past) => past.what === 'mail tried');
  const frozen = new Set(
    history.past.flatMap((past) => (past.what === 'process' && past.change === 'frozen' ? [past.name] : [])),
  );
  const byEvent = Map.groupBy(tries, ({ eventId }) => eventId);
  return [...byEvent].flatMap(([eventId, its]) =>
    its.slice(1).flatMap((again, index): Violation[] => {
      const before = its[index];
      if (before === undefined || before.isAnswered || again.at - before.at >= HELD_BACK_MS) return [];
      if (frozen.has(again.process)) return [];
      const text = `the mail for ${eventId} was tried again ${again.at - before.at} ms after a lost answer`;
      return [{ id: 'I7', text }];
    }),
  );
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
 * I7: in the end every event has had its mail, a thank-you for each placement and a confirmation for each cancellation,
 * or a dead letter where the provider refused it. Only after the placement was given up may a cancellation come first;
 * then there is none.
 */
export function mailsFollowEvents(evidence: Evidence): Violation[] {
  const mailed = new Set(evidence.mails.map(({ eventId }) => eventId));
  const lost = givenUp(evidence, GROUP);
  const byOrder = Map.groupBy(orderEvents(evidence), ({ orderId }) => orderId);
  return [...byOrder].flatMap(([orderId, events]): Violation[] => {
    const thankYou = evidence.tables.emailLedger.get({ eventKey: { S: `${GROUP}#${orderId}.1` } });
    if (thankYou?.status?.S === 'SUPPRESSED') {
      const mayBe = events.some(
        ({ type, partition, record }) => type === 'OrderPlaced' && lost.has(`${partition}@${record.offset}`),
      );
      const isQuiet = events.every(({ eventId }) => !mailed.has(eventId));
      return mayBe && isQuiet ? [] : [{ id: 'I7', text: `the thank-you for ${orderId} was suppressed` }];
    }
    return events
      .filter((event) => !mailed.has(event.eventId) && !isRefused(evidence, event))
      .map(({ eventId }) => ({ id: 'I7', text: `there is no mail for ${eventId}` }));
  });
}

/** What lies between looking at a thank-you and the confirmation's being out, at most. */
const LOOKED_MS = 30_000;

/**
 * Mails follow arrival: no cancellation is confirmed before its order's thank-you is out, unless nobody was at that when
 * email looked (its claim's lease was past, so it is late), or it was refused.
 */
export function cancellationsComeSecond({ history, scenario }: Evidence): Violation[] {
  const thanked = new Set<string>();
  const claims = new Map<string, { readonly item: Item | undefined; readonly late: number }>();
  /** When nobody was at a thank-you last, by the clock of one whose clock is fast. */
  const lateUntil = (key: string, now: number): number => {
    const { item, late = Number.NEGATIVE_INFINITY } = claims.get(key) ?? {};
    return item?.status?.S === 'CLAIMED' && Number(item.leaseUntil?.N) <= now + scenario.maxSkewMs
      ? now
      : late;
  };
  return history.past.flatMap((past): Violation[] => {
    if (past.what === 'written' && past.table === 'EmailLedger') {
      claims.set(past.key, { item: past.after, late: lateUntil(past.key, past.at) });
    }
    if (past.what !== 'mailed') return [];
    const [orderId = '', seq] = past.mail.eventId.split('.');
    if (seq === '1') thanked.add(orderId);
    if (seq === '1' || thanked.has(orderId)) return [];
    const wasLate = lateUntil(`${GROUP}#${orderId}.1`, past.at) >= past.at - LOOKED_MS;
    return wasLate || REFUSED_RECIPIENT.test(past.mail.to)
      ? []
      : [{ id: 'I7', text: `the cancellation of ${orderId} was confirmed before its thank-you` }];
  });
}

function isRefused(evidence: Evidence, { partition, record }: OrderEvent): boolean {
  return isDeadLetter(evidence, GROUP, partition, record) && REFUSED_RECIPIENT.test(recipientOf(record));
}

function recipientOf({ value }: OrderEvent['record']): string {
  const { email }: { email: string } = JSON.parse(String(value));
  return email;
}
