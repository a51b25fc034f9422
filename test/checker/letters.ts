/** What ended as a dead letter. */
import type { Promised } from './check.ts';
import { isEqual, orderEvent, placeOf } from './events.ts';
import {
  CONSUMERS,
  type Consumer,
  EMAIL,
  type Letter,
  type Observation,
  type TopicRecord,
} from './observation.ts';

export const LETTERS: readonly Promised[] = [
  {
    id: 'I9',
    says: "each consumer's letters are the poison and what Lambda gave up, which was replayed; each once, byte for byte, for its own reason",
    broken: lettersAstray,
  },
  {
    id: 'I10',
    says: 'with the retries that are deployed, Lambda gives up nothing but what a process dies of',
    broken: recordsGivenUp,
  },
];

function lettersAstray(observation: Observation): readonly string[] {
  const ofNobody = observation.end.letters.filter(
    ({ consumer }) => !CONSUMERS.some((known) => known === consumer),
  );
  return [
    ...CONSUMERS.flatMap((consumer) => lettersOf(consumer, observation)),
    ...ofNobody.map(({ consumer, reason }) => `a letter of ${consumer} (${reason})`),
  ];
}

function lettersOf(consumer: Consumer, { end, refuses }: Observation): readonly string[] {
  const byPlace = Map.groupBy(
    end.letters.filter((letter) => letter.consumer === consumer),
    placeOf,
  );
  const lost = new Set(end.givenUp.filter((one) => one.consumer === consumer).map(placeOf));
  const wrong = end.topic.flatMap((record) => {
    const place = placeOf(record);
    const found = byPlace.get(place) ?? [];
    byPlace.delete(place);
    const what = wrongWith(found, dueTo(consumer, record, lost.has(place), refuses), record);
    return what === undefined ? [] : [`${consumer}, record ${place}: ${what}`];
  });
  return [
    ...wrong,
    ...[...byPlace.keys()].map((place) => `${consumer} has a letter for ${place}, which is nowhere`),
  ];
}

/** What may have become of a record's letter: a status for each reason, or no letter. */
interface Due {
  readonly reasons: ReadonlyMap<string, readonly string[]>;
  readonly isOptional: boolean;
}

/** After three replays it is parked; a replay that was killed leaves it to the next one. */
const KEPT = ['OPEN', 'PARKED', 'REPLAYING'];

/**
 * What is wrong in itself has its own reason, also if Lambda gave it up too in a batch that crashed, and it was replayed. A mail that
 * is refused has a letter, or none where its order has no mails at all.
 */
function dueTo(consumer: Consumer, record: TopicRecord, isGivenUp: boolean, refuses: readonly string[]): Due {
  const { planted } = record;
  if (planted === 'unparseable' || planted === 'invalid') {
    return { reasons: new Map([[planted, KEPT]]), isOptional: false };
  }
  const isRefused =
    consumer === EMAIL && planted !== 'skipped' && refuses.includes(orderEvent(record).data.email ?? '');
  const reasons = new Map<string, readonly string[]>();
  if (isRefused) reasons.set('refused', KEPT);
  if (isGivenUp) reasons.set('retries-exhausted', ['REPLAYED']);
  return { reasons, isOptional: !isGivenUp };
}

function wrongWith(found: readonly Letter[], due: Due, record: TopicRecord): string | undefined {
  const [letter, ...others] = found;
  const expected = [...due.reasons.keys()].join(' or ');
  if (others.length > 0) return `${found.length} letters`;
  if (letter === undefined) return due.isOptional ? undefined : `no letter (${expected})`;
  if (due.reasons.size === 0) return `a letter (${letter.reason}), and nothing is wrong with it`;
  const statuses = due.reasons.get(letter.reason);
  if (statuses === undefined) return `a letter for ${letter.reason}, not ${expected}`;
  if (!statuses.includes(letter.status)) return `its letter is ${letter.status}`;
  return isEqual(letter, record) ? undefined : 'its letter has other bytes';
}

/** What the deployed mappings have; with fewer, records are given up within an outage that is shorter. */
const DEPLOYED_RETRIES = 45;

function recordsGivenUp({ retryAttempts, isDeadly, end }: Observation): readonly string[] {
  if (retryAttempts < DEPLOYED_RETRIES || isDeadly) return [];
  return end.givenUp.map((one) => `${one.consumer} lost record ${placeOf(one)} to retries`);
}
