/** How far the groups have come, and whether they may; what holds nobody up; what is left in the end, or said aloud. */
import { isDeepStrictEqual } from 'node:util';
import type { Promised } from './check.ts';
import { fromSteps, orderEvent, placeOf, statesOf } from './events.ts';
import { secondMails } from './mails.ts';
import {
  COLLECTOR,
  CONSUMERS,
  type Consumer,
  EMAIL,
  type Letter,
  type Observation,
  type Pass,
  type Place,
  type Position,
  SALES,
  type Schedule,
  SHIPPING,
  type Step,
  type TopicRecord,
  UNSEEN,
  type Unseen,
} from './observation.ts';

export const PROGRESS: readonly Promised[] = [
  {
    id: 'I12',
    says: 'no offset passes a record without an effect or a letter, at any moment',
    broken: (observation) => [...observation.passes, ...statesOf(observation)].flatMap(passedWithoutEffect),
  },
  {
    id: 'I10',
    says: 'poison holds nobody up',
    broken: (observation) => standingStill(observation, ({ isPoison }) => isPoison),
  },
  { id: 'I14', says: 'everything comes to rest', broken: leftInTheEnd },
  {
    id: 'I14',
    says: 'no invocation is ended by its timeout, unless its process stood still',
    broken: (observation) => fromSteps(observation, (steps) => timedOut(steps, observation)),
  },
  {
    id: 'I11',
    says: 'the topic read again from its beginning changes nothing and mails nobody',
    broken: changedByReading,
  },
  {
    id: 'I13',
    says: 'while one consumer is down, the others serve every order',
    broken: ({ outages }) => (outages === UNSEEN ? UNSEEN : outages.flatMap(unserved)),
  },
  {
    id: 'I13',
    says: 'a consumer that no fault touches is never behind, whatever the other suffers',
    broken: (observation) => fromSteps(observation, keptWaiting),
  },
  {
    id: 'I15',
    says: 'no log line shows what a customer wrote',
    broken: ({ indiscretions }) => indiscretions.map((line) => `in a log: ${line}`),
  },
];

function passedWithoutEffect(seen: Pass): readonly string[] {
  const { topic, givenUp, letters, positions } = seen;
  const consumers = CONSUMERS.filter((consumer) => positions.some(({ group }) => group === consumer));
  const passed = consumers.flatMap((consumer) => {
    const ofConsumer = (one: { readonly consumer: string }) => one.consumer === consumer;
    const excused = new Set([...letters.filter(ofConsumer), ...givenUp.filter(ofConsumer)].map(placeOf));
    const hasEffect = effectsOf(consumer, seen);
    const isPassed = passedBy(consumer, positions);
    return topic
      .filter((record) => isPassed(record) && !excused.has(placeOf(record)) && !hasEffect(record))
      .map(
        (record) => `${consumer} passed record ${placeOf(record)}, which has neither an effect nor a letter`,
      );
  });
  const nameOf = (one: Place & { readonly consumer: string }) => `${one.consumer} for ${placeOf(one)}`;
  const kept = new Set(letters.map(nameOf));
  const isCollected = passedBy(COLLECTOR, positions);
  const uncollected = givenUp
    .filter((one) => isCollected(one.message) && !kept.has(nameOf(one)))
    .map((one) => `the collector passed the letter of ${nameOf(one)}, and did not keep it`);
  return [...passed, ...uncollected];
}

function passedBy(group: string, positions: readonly Position[]): (place: Place) => boolean {
  const committed = new Map(
    positions.flatMap((one) => (one.group === group ? [[one.partition, one.committed] as const] : [])),
  );
  return ({ partition, offset }) => offset < (committed.get(partition) ?? 0);
}

/** Whether a record has had its effect of a consumer. Poison has none. */
function effectsOf(consumer: Consumer, seen: Pass): (record: TopicRecord) => boolean {
  const hasEffect = { [EMAIL]: mailsOf, [SHIPPING]: shipmentsOf, [SALES]: countsOf }[consumer](seen);
  return (record) => {
    switch (record.planted) {
      case 'skipped':
        return true;
      case 'unparseable':
      case 'invalid':
        return false;
      case 'event':
      case undefined:
        return hasEffect(record);
    }
  };
}

function mailsOf({ mails, suppressed }: Pass): (record: TopicRecord) => boolean {
  const mailed = new Set(mails.map(({ eventId }) => eventId));
  return (record) => {
    const { eventId, orderId } = orderEvent(record);
    return mailed.has(eventId) || suppressed.includes(orderId);
  };
}

function countsOf({ sales }: Pass): (record: TopicRecord) => boolean {
  const counted = new Set(sales.counted);
  return (record) => counted.has(orderEvent(record).eventId);
}

function shipmentsOf({ shipments }: Pass): (record: TopicRecord) => boolean {
  const byOrder = new Map(shipments.map((shipment) => [shipment.orderId, shipment]));
  return (record) => {
    const { orderId, type } = orderEvent(record);
    const shipment = byOrder.get(orderId);
    return type === 'OrderPlaced' ? shipment?.content !== undefined : shipment?.status === 'CANCELLED';
  };
}

/** Groups that stand before a record in the end. */
function standingStill(
  { end, reread }: Observation,
  which: (next: { readonly isPoison: boolean }) => boolean,
): readonly string[] {
  return [end, ...(reread === UNSEEN ? [] : [reread])].flatMap(({ positions, topic }) =>
    positions
      .filter(({ group, partition, committed, end: last }) => {
        if (committed >= last) return false;
        const next = topic.find((record) => record.partition === partition && record.offset === committed);
        return which({ isPoison: group !== COLLECTOR && isPoison(next) });
      })
      .map(({ group, partition, committed }) => `${group} stands before ${partition}@${committed}`),
  );
}

function isPoison(record: TopicRecord | undefined): boolean {
  return record?.planted !== undefined && record.planted !== 'event';
}

function leftInTheEnd(observation: Observation): readonly string[] {
  const { end, reread, unfinished } = observation;
  const outbox = [...end.outbox, ...(reread === UNSEEN ? [] : reread.outbox)];
  return [
    ...standingStill(observation, ({ isPoison }) => !isPoison),
    ...outbox.map((id) => `${id} is still in the outbox`),
    ...unfinished.map((what) => `left in the end: ${what}`),
  ];
}

/** Whatever an invocation asks of others ends before it does. */
function timedOut(steps: readonly Step[], { stops }: Observation): readonly string[] {
  return steps.flatMap((step) => {
    if (step.what !== 'timed out') return [];
    const stoodStill = stops.some((stop) => stop.process === step.process && stop.from < step.at);
    return stoodStill ? [] : [`${step.process} was ended by its timeout`];
  });
}

function changedByReading(observation: Observation): readonly string[] | Unseen {
  const { end, reread } = observation;
  if (reread === UNSEEN) return UNSEEN;
  const before = new Map(end.shipments.map((shipment) => [shipment.orderId, shipment]));
  const changed = reread.shipments.filter(
    (shipment) => !isDeepStrictEqual(before.get(shipment.orderId), shipment),
  );
  const again = secondMails(reread.mails, observation).filter(
    ({ second, excuse }) =>
      excuse === undefined && !end.mails.some((mail) => isDeepStrictEqual(mail, second)),
  );
  const nameOf = (letter: Letter) => `${letter.consumer} ${placeOf(letter)}`;
  const known = new Map(end.letters.map((letter) => [nameOf(letter), letter]));
  const letters = reread.letters.filter((letter) => known.get(nameOf(letter))?.reason !== letter.reason);
  return [
    ...changed.map(({ orderId, status }) => `reading again made ${orderId} ${status}`),
    ...again.map(({ second }) => `reading again sent the mail for ${second.eventId} again`),
    ...letters.map((letter) => `reading again made the letter ${nameOf(letter)} (${letter.reason})`),
  ];
}

function unserved({
  of,
  orders,
  served,
  servedByItself,
}: Exclude<Observation['outages'], Unseen>[number]): readonly string[] {
  return [
    ...orders
      .filter((orderId) => !served.includes(orderId))
      .map((orderId) => `while ${of} was down, ${orderId} was not served by the other groups`),
    // Otherwise nothing was shown.
    ...servedByItself.map((orderId) => `${of} was to be down, and served ${orderId}`),
  ];
}

/** What a record takes at most from the topic to behind the group's position, where nothing is wrong with the group. */
const UNDISTURBED_MS = 30_000;

function keptWaiting(steps: readonly Step[], { undisturbed }: Schedule): readonly string[] {
  const appendedAt = new Map<string, number>();
  const positions = new Map<string, number>();
  return steps.flatMap((step) => {
    if (step.what === 'appended') appendedAt.set(placeOf(step.place), step.at);
    if (step.what !== 'passed' || !undisturbed.some((group) => group === step.group)) return [];
    const { group, partition, committed, at } = step;
    const from = positions.get(`${group} ${partition}`) ?? 0;
    positions.set(`${group} ${partition}`, committed);
    return Array.from({ length: committed - from }, (_, n) => placeOf({ partition, offset: from + n }))
      .filter((place) => at - (appendedAt.get(place) ?? 0) > UNDISTURBED_MS)
      .map((place) => `${group} kept ${place} waiting, with nothing wrong`);
  });
}
