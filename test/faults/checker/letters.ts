/** What ended as a dead letter. */

import type { Violation } from '../../support/invariants.ts';
import {
  CONSUMERS,
  type Consumer,
  type Letter,
  type Observation,
  type State,
  type TopicRecord,
} from './observation.ts';
import { placeOf } from './order-events.ts';
import { isEqual } from './publication.ts';
import { violationsOf } from './violation.ts';

/** What the deployed mappings have; with fewer, records are given up within an outage that is shorter. */
const DEPLOYED_RETRIES = 45;

/**
 * I9: each consumer's letters are the poison, open, and what Lambda gave up, which was replayed in the end; each once, byte
 * for byte, for its own reason.
 */
export function lettersArePoison({ end }: Observation): readonly Violation[] {
  return [
    ...CONSUMERS.flatMap((consumer) => lettersOf(consumer, end)),
    ...violationsOf(
      'I9',
      end.letters.filter(({ consumer }) => !CONSUMERS.some((known) => known === consumer)),
      (letter) => `a letter of ${letter.consumer} (${letter.reason})`,
    ),
  ];
}

function lettersOf(consumer: Consumer, { topic, letters, givenUp }: State): readonly Violation[] {
  const byPlace = Map.groupBy(
    letters.filter((letter) => letter.consumer === consumer),
    placeOf,
  );
  const lost = new Set(givenUp.filter((one) => one.consumer === consumer).map(placeOf));
  const violations = topic.flatMap((record): readonly Violation[] => {
    const place = placeOf(record);
    const found = byPlace.get(place) ?? [];
    byPlace.delete(place);
    const expected = expectedFor(record, lost.has(place));
    const wrong = wrongWith(found, expected, record);
    return wrong === undefined ? [] : [{ id: 'I9', text: `${consumer}, record ${place}: ${wrong}` }];
  });
  return [
    ...violations,
    ...violationsOf(
      'I9',
      byPlace.keys(),
      (place) => `${consumer} has a letter for ${place}, which is nowhere`,
    ),
  ];
}

interface Expected {
  readonly reason: string;
  readonly statuses: readonly string[];
}

function expectedFor({ planted }: TopicRecord, isGivenUp: boolean): Expected | undefined {
  if (planted === 'unparseable' || planted === 'invalid') {
    // Given up by Lambda too, in a batch that crashed, it has its own reason again since it was replayed. After three
    // replays it is parked.
    return { reason: planted, statuses: ['OPEN', 'PARKED'] };
  }
  return isGivenUp ? { reason: 'retries-exhausted', statuses: ['REPLAYED'] } : undefined;
}

function wrongWith(
  found: readonly Letter[],
  expected: Expected | undefined,
  record: TopicRecord,
): string | undefined {
  const [letter, ...others] = found;
  if (others.length > 0) return `${found.length} letters`;
  if (letter === undefined) return expected === undefined ? undefined : `no letter (${expected.reason})`;
  if (expected === undefined) return `a letter (${letter.reason}), and nothing is wrong with it`;
  if (letter.reason !== expected.reason) return `a letter for ${letter.reason}, not ${expected.reason}`;
  if (!expected.statuses.includes(letter.status)) return `its letter is ${letter.status}`;
  return isEqual(letter, record) ? undefined : 'its letter has other bytes';
}

/** I10: with the retries that are deployed, Lambda gives up nothing but what a process dies of. */
export function nothingIsGivenUp({ retryAttempts, isDeadly, end }: Observation): readonly Violation[] {
  if (retryAttempts < DEPLOYED_RETRIES || isDeadly) return [];
  return violationsOf('I10', end.givenUp, (one) => `${one.consumer} lost record ${placeOf(one)} to retries`);
}
