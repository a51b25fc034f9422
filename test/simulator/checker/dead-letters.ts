/** What ended as a dead letter. */
import { isDeepStrictEqual } from 'node:util';
import type { Violation } from '../../support/invariants.ts';
import type { Item } from '../dynamodb/tables.ts';
import type { Evidence } from '../evidence.ts';
import type { TopicRecord } from '../kafka/topic.ts';
import { REFUSED_RECIPIENT } from '../mail-provider.ts';
import { GROUPS, type Group } from '../names.ts';
import { DEPLOYED_RETRIES } from '../scenario.ts';
import { givenUp } from './given-up.ts';
import { type TopicEvent, topicEvents } from './topic-events.ts';

const GIVEN_UP = 'retries-exhausted';
const groups = Object.keys(GROUPS) as Group[];

/**
 * I9: each consumer's letters are exactly the poison on the topic and what Lambda gave up, byte for byte, each once, for its
 * own reason. I11: what was given up has been replayed in the end.
 */
export function lettersArePoison(evidence: Evidence): Violation[] {
  return groups.flatMap((group) => {
    const lost = givenUp(evidence, group);
    const letters = new Map(
      [...evidence.tables.deadLetters.items.values()]
        .filter(({ consumer }) => consumer?.S === group)
        .map((letter) => [letter.recordId?.S ?? '', letter]),
    );
    const missing = topicEvents(evidence).flatMap((event): Violation[] => {
      const { partition, record } = event;
      const recordId = `${evidence.topic.name}-${partition}@${record.offset}#${record.timestamp}`;
      const letter = letters.get(recordId);
      letters.delete(recordId);
      const isLost = lost.has(`${partition}@${record.offset}`);
      const expected = reasonFor(event, group) ?? (isLost ? GIVEN_UP : undefined);
      if (letter === undefined) {
        const isMissing = event.kind === 'poison' || isLost;
        return isMissing ? [{ id: 'I9', text: `${group} has no letter for ${recordId}` }] : [];
      }
      if (letter.reason?.S === GIVEN_UP && letter.status?.S !== 'REPLAYED') {
        return [{ id: 'I11', text: `the letter ${recordId} of ${group} is ${letter.status?.S}` }];
      }
      if (letter.reason?.S !== expected && !(isLost && letter.reason?.S === GIVEN_UP)) {
        const found = `${letter.reason?.S} ${letter.error?.M?.code?.S}`;
        return [{ id: 'I9', text: `${group} has a letter (${found}) for ${recordId}, expected ${expected}` }];
      }
      return isCopy(letter, record) ? [] : [{ id: 'I9', text: `the letter ${recordId} isn't what was read` }];
    });
    const unknown = [...letters.keys()].map(
      (recordId): Violation => ({
        id: 'I9',
        text: `${group} has a letter for ${recordId}, which is nowhere`,
      }),
    );
    return [...missing, ...unknown];
  });
}

function reasonFor(event: TopicEvent, group: Group): string | undefined {
  if (event.kind === 'poison') return event.reason;
  if (event.kind === 'skipped' || group !== 'email-service') return undefined;
  const { email }: { email: string } = JSON.parse(String(event.record.value));
  return REFUSED_RECIPIENT.test(email) ? 'refused' : undefined;
}

function isCopy(letter: Item, { key, value, headers }: TopicRecord): boolean {
  const stored = letter.headers?.L?.map(({ M: header }) => [header?.name?.S, base64(header?.value?.B)]);
  const read = Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().map((bytes) => [name, base64(bytes)]),
  );
  return (
    base64(letter.key?.B) === base64(key) &&
    base64(letter.value?.B) === base64(value) &&
    isDeepStrictEqual(stored, read)
  );
}

function base64(bytes: Uint8Array | null | undefined): string | undefined {
  return bytes === null || bytes === undefined ? undefined : Buffer.from(bytes).toString('base64');
}

/** I10: with the retries that are deployed, Lambda gives up nothing but what a consumer dies of. */
export function nothingIsGivenUp({ scenario, letters }: Evidence): Violation[] {
  const count = letters.partitions.flat().length;
  const mayBe = scenario.retryAttempts < DEPLOYED_RETRIES || scenario.deadly.length > 0;
  return mayBe || count === 0
    ? []
    : [{ id: 'I10', text: `Lambda gave up ${count} times within the outage that a consumer is to bear` }];
}
