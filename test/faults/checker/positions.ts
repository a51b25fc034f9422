/** How far the groups have come, and whether they may. */

import type { Violation } from '../../support/invariants.ts';
import {
  COLLECTOR,
  CONSUMERS,
  type Consumer,
  EMAIL,
  type Observation,
  type Position,
  SHIPPING,
  type State,
  type TopicRecord,
} from './observation.ts';
import { orderEvent, placeOf } from './order-events.ts';
import { violationsOf } from './violation.ts';

/** I12, at any moment at which nothing runs: a group has passed no record that has neither its effect nor a letter. */
export function nothingIsPassed(state: State): readonly Violation[] {
  const { topic, givenUp, letters, positions } = state;
  const passed = CONSUMERS.flatMap((consumer) => {
    const lettered = new Set(letters.filter((letter) => letter.consumer === consumer).map(placeOf));
    const lost = new Set(givenUp.filter((one) => one.consumer === consumer).map(placeOf));
    const hasEffect = effectsOf(consumer, state);
    return topic
      .filter((record) => isPassed(record, consumer, positions))
      .filter((record) => !lettered.has(placeOf(record)) && !lost.has(placeOf(record)) && !hasEffect(record))
      .map(
        (record) => `${consumer} passed record ${placeOf(record)}, which has neither an effect nor a letter`,
      );
  });
  const uncollected = givenUp
    .filter(({ message }) => isPassed(message, COLLECTOR, positions))
    .filter(
      (one) =>
        !letters.some((letter) => letter.consumer === one.consumer && placeOf(letter) === placeOf(one)),
    )
    .map(
      (one) => `the collector passed the letter of ${one.consumer} for ${placeOf(one)}, and did not keep it`,
    );
  return violationsOf('I12', [...passed, ...uncollected], (text) => text);
}

function isPassed(
  { partition, offset }: { readonly partition: number; readonly offset: number },
  group: string,
  positions: readonly Position[],
): boolean {
  return positions.some(
    (position) => position.group === group && position.partition === partition && offset < position.committed,
  );
}

/** Whether a record has had its effect of a consumer. Poison has none. */
function effectsOf(consumer: Consumer, state: State): (record: TopicRecord) => boolean {
  const hasEffect = { [EMAIL]: mailsOf(state), [SHIPPING]: shipmentsOf(state) }[consumer];
  return (record) => record.planted === 'skipped' || (record.planted === undefined && hasEffect(record));
}

function mailsOf({ mails, suppressed }: State): (record: TopicRecord) => boolean {
  const mailed = new Set(mails.map(({ eventId }) => eventId));
  return (record) => {
    const { eventId, orderId } = orderEvent(record);
    return mailed.has(eventId) || suppressed.includes(orderId);
  };
}

function shipmentsOf({ shipments }: State): (record: TopicRecord) => boolean {
  const byOrder = new Map(shipments.map((shipment) => [shipment.orderId, shipment]));
  return (record) => {
    const { orderId, type } = orderEvent(record);
    const shipment = byOrder.get(orderId);
    return type === 'OrderPlaced' ? shipment?.content !== undefined : shipment?.status === 'CANCELLED';
  };
}

/** I10: no partition is held up by poison; I14: nor by anything else, and nothing is left undone. */
export function everythingEnds({ end, reread, unfinished }: Observation): readonly Violation[] {
  const stuck = [end, reread].flatMap(({ positions, topic }) =>
    positions
      .filter(({ committed, end: last }) => committed < last)
      .map(({ group, partition, committed }): Violation => {
        const next = topic.find((record) => record.partition === partition && record.offset === committed);
        const isPoison = group !== COLLECTOR && next?.planted !== undefined;
        return { id: isPoison ? 'I10' : 'I14', text: `${group} stands before ${partition}@${committed}` };
      }),
  );
  const outbox = violationsOf(
    'I14',
    [...end.outbox, ...reread.outbox],
    (id) => `${id} is still in the outbox`,
  );
  return [...stuck, ...outbox, ...violationsOf('I14', unfinished, (what) => `left in the end: ${what}`)];
}
