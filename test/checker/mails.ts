/** What email made of the topic. */
import type { Promised } from './check.ts';
import { fromSteps, type OrderEvent, orderEvents, placeOf } from './events.ts';
import {
  type ClaimRow,
  EMAIL,
  type Mail,
  type Observation,
  type Schedule,
  type Step,
  UNSEEN,
} from './observation.ts';

export const MAILS: readonly Promised[] = [
  {
    id: 'I7',
    says: 'a second mail goes out only in the cases that are named, each on record',
    broken: (observation) => mailsAgain(observation, ({ second }) => !second.isReplayed),
  },
  {
    id: 'I11',
    says: 'a replay sends no second mail',
    broken: (observation) => mailsAgain(observation, ({ second }) => second.isReplayed),
  },
  {
    id: 'I7',
    says: 'a process that stops costs no more second mails than the ten, at most, that are under way',
    broken: crashesThatCostMore,
  },
  { id: 'I7', says: 'every event has its mail, to whom it is due', broken: mailsAstray },
  { id: 'I7', says: 'nothing is marked as sent that was not sent', broken: marksWithoutMails },
  {
    id: 'I7',
    says: "while a claim's lease runs, nobody else takes it",
    broken: (observation) => fromSteps(observation, leasesBroken),
  },
  {
    id: 'I7',
    says: 'after a lost answer a mail is not tried again at once',
    broken: (observation) => fromSteps(observation, (steps) => triesAtOnce(steps, observation)),
  },
  {
    id: 'I7',
    says: 'no cancellation is confirmed before its thank-you is out, unless that is late or refused',
    broken: (observation) =>
      fromSteps(observation, (steps, schedule) => confirmedTooEarly(steps, schedule, observation)),
  },
];

/** A mail that was sent although one for the same event had been, and why that may be; undefined: it may not. */
export interface SecondMail {
  readonly first: Mail;
  readonly second: Mail;
  readonly excuse: 'lost answer' | 'crash' | 'no mark' | 'stood still' | 'late' | undefined;
}

type OnRecord = Pick<Observation, 'stops' | 'failures' | 'marks'>;

/** Each mail that followed one for the same event, in the order in which the provider took them. */
export function secondMails(mails: readonly Mail[], onRecord: OnRecord): readonly SecondMail[] {
  const byEvent = Map.groupBy(mails, ({ eventId }) => eventId);
  return [...byEvent.values()].flatMap((its) => {
    const inOrder = its.toSorted((one, other) => one.at - other.at);
    return inOrder.slice(1).flatMap((second, index) => {
      const first = inOrder[index];
      return first === undefined ? [] : [{ first, second, excuse: excuseOf(first, second, onRecord) }];
    });
  });
}

/**
 * The cases of docs/guarantees.md in which a mail may go out twice, each by what is on record in this run: the second's process
 * had stood still since it looked, or had given the second up already; the answer of the first was lost or untrue, or came when its
 * sender had stopped waiting; its mark could not be written; its process stopped. The last three hold no more once the sender has
 * marked the first.
 */
function excuseOf(first: Mail, second: Mail, { stops, failures, marks }: OnRecord): SecondMail['excuse'] {
  const { eventId, process } = first;
  const stoodStill = stops.some(
    (stop) => stop.process === second.process && stop.to !== undefined && stop.from <= second.at,
  );
  if (stoodStill) return 'stood still';
  if (second.isLate) return 'late';
  const own = (one: { readonly process: string; readonly at: number }) =>
    one.process === process && one.at <= second.at;
  if (marks.some((mark) => own(mark) && mark.eventId === eventId && mark.at < second.at)) return undefined;
  const its = failures.filter((failure) => own(failure) && failure.events.includes(eventId));
  if (!first.isAnswered || its.some((failure) => failure.of === 'send')) return 'lost answer';
  if (its.some((failure) => failure.of === 'write' && failure.at >= first.at)) return 'no mark';
  const isStopped = stops.some(
    (stop) =>
      stop.process === process && stop.from <= second.at && (stop.to === undefined || stop.to >= first.at),
  );
  return isStopped ? 'crash' : undefined;
}

function mailsAgain(observation: Observation, which: (mails: SecondMail) => boolean): readonly string[] {
  return secondMails(observation.end.mails, observation)
    .filter((mails) => mails.excuse === undefined && which(mails))
    .map(
      ({ first, second }) =>
        `the mail for ${first.eventId} was sent by ${first.process} and by ${second.process}, and nothing on record explains it`,
    );
}

/** As functions/email/email.ts has it. */
const SENDS_IN_FLIGHT = 10;

function crashesThatCostMore(observation: Observation): readonly string[] {
  const crashed = secondMails(observation.end.mails, observation).filter(({ excuse }) => excuse === 'crash');
  return [...Map.groupBy(crashed, ({ first }) => first.process)].flatMap(([process, mails]) =>
    mails.length <= SENDS_IN_FLIGHT ? [] : [`${process} stopped, and ${mails.length} mails went out again`],
  );
}

/**
 * Only after the placement was given up may a cancellation come first; then its order has no mail at all. What the provider
 * refuses for the mail's sake has a letter in place of its mail.
 */
function mailsAstray({ end, refuses }: Observation): readonly string[] {
  const events = orderEvents(end);
  const known = new Map(events.map((event) => [event.eventId, event]));
  const mailed = new Set(end.mails.map(({ eventId }) => eventId));
  const quiet = new Set(end.suppressed);
  const ofEmail = ({ consumer }: { readonly consumer: string }) => consumer === EMAIL;
  const lettered = new Set(end.letters.filter(ofEmail).map(placeOf));
  const lost = new Set(end.givenUp.filter(ofEmail).map(placeOf));
  const isRefused = ({ data, record }: OrderEvent) =>
    refuses.includes(data.email ?? '') && lettered.has(placeOf(record));
  const missing = events.filter(
    (event) => !quiet.has(event.orderId) && !mailed.has(event.eventId) && !isRefused(event),
  );
  const byOrder = Map.groupBy(events, ({ orderId }) => orderId);
  const wronglyQuiet = end.suppressed.filter((orderId) => {
    const its = byOrder.get(orderId) ?? [];
    // Of copies any: the first was given up, and another one may have come long after the cancellation.
    const isLost = its.some(({ type, record }) => type === 'OrderPlaced' && lost.has(placeOf(record)));
    return !isLost || its.some(({ eventId }) => mailed.has(eventId));
  });
  return [
    ...end.mails
      .filter((mail) => !isDue(mail, known.get(mail.eventId)))
      .map(({ eventId, kind, to }) => `a mail (${kind}) for ${eventId} went to ${to}`),
    ...missing.map(({ eventId }) => `there is no mail for ${eventId}`),
    ...wronglyQuiet.map((orderId) => `the thank-you for ${orderId} was suppressed`),
  ];
}

function isDue({ kind, to }: Mail, event: OrderEvent | undefined): boolean {
  const expected = event?.type === 'OrderPlaced' ? 'thank-you' : 'cancellation';
  return event !== undefined && kind === expected && to === event.data.email;
}

function marksWithoutMails({ marks, end, reread }: Observation): readonly string[] {
  const { mails } = reread === UNSEEN ? end : reread;
  return marks
    .filter(({ eventId, at }) => !mails.some((mail) => mail.eventId === eventId && mail.at <= at))
    .map(({ eventId }) => `${eventId} is marked as sent, and no mail is out`);
}

/** Who holds a claim after an effect whose answer was lost: nobody may, until its lease is past. */
const NOBODY = 'nobody';

/** Clocks that differ are allowed for. */
function leasesBroken(steps: readonly Step[], { maxSkewMs }: Schedule): readonly string[] {
  return steps.flatMap((step) => {
    if (step.what !== 'claim written') return [];
    const { before, after, eventId, by } = step;
    if (before?.status !== 'CLAIMED' || after.status !== 'CLAIMED') return [];
    const isSame = before.owner === after.owner || after.owner === NOBODY;
    const isOver = before.leaseUntil <= step.at + 2 * maxSkewMs;
    return isSame || isOver
      ? []
      : [`the claim to ${eventId} of ${before.owner} was taken by ${by} within its lease`];
  });
}

/** What a mail is not tried again within, once nobody knows whether it went out; half of a claim's lease. */
const HELD_BACK_MS = 30_000;

/**
 * So that a provider that takes everything and says nothing is not sent a flood. Only a process that has stood still doesn't know
 * better.
 */
function triesAtOnce(steps: readonly Step[], { stops }: Observation): readonly string[] {
  const tries = steps.filter((step) => step.what === 'mail tried');
  const frozen = new Set(stops.flatMap(({ process, to }) => (to === undefined ? [] : [process])));
  return [...Map.groupBy(tries, ({ eventId }) => eventId)].flatMap(([eventId, its]) =>
    its.slice(1).flatMap((again, index) => {
      const before = its[index];
      if (before === undefined || before.isAnswered || again.at - before.at >= HELD_BACK_MS) return [];
      return frozen.has(again.by)
        ? []
        : [`the mail for ${eventId} was tried again ${again.at - before.at} ms after a lost answer`];
    }),
  );
}

/** What lies between looking at a thank-you and the confirmation's being out, at most. */
const LOOKED_MS = 30_000;

/** A thank-you is late when nobody is at it as email looks: its claim's lease is past. */
function confirmedTooEarly(
  steps: readonly Step[],
  { maxSkewMs }: Schedule,
  { refuses }: Observation,
): readonly string[] {
  const thanked = new Set<string>();
  const claims = new Map<string, { readonly row: ClaimRow; readonly late: number }>();
  /** When nobody was at a thank-you last, by the clock of one whose clock is fast. */
  const lateUntil = (eventId: string, now: number): number => {
    const { row, late = Number.NEGATIVE_INFINITY } = claims.get(eventId) ?? {};
    return row?.status === 'CLAIMED' && row.leaseUntil <= now + maxSkewMs ? now : late;
  };
  return steps.flatMap((step) => {
    if (step.what === 'claim written') {
      claims.set(step.eventId, { row: step.after, late: lateUntil(step.eventId, step.at) });
    }
    if (step.what !== 'mailed') return [];
    const [orderId = '', seq] = step.mail.eventId.split('.');
    if (seq === '1') thanked.add(orderId);
    if (seq === '1' || thanked.has(orderId)) return [];
    const wasLate = lateUntil(`${orderId}.1`, step.at) >= step.at - LOOKED_MS;
    return wasLate || refuses.includes(step.mail.to)
      ? []
      : [`the cancellation of ${orderId} was confirmed before its thank-you`];
  });
}
