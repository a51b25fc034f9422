/**
 * The checker: it reads what was seen from outside (observation.ts) and knows nothing of how it came to be; it shares no
 * module with functions/.
 */

import type { Violation } from '../../support/invariants.ts';
import { rereadingChangesNothing } from './again.ts';
import {
  answeredIsPublished,
  oneOrderPerKey,
  ordersHaveTheirEvents,
  refusedIsNotPublished,
} from './checkout.ts';
import { lettersArePoison, nothingIsGivenUp } from './letters.ts';
import { mailsFollowEvents, oneMailPerEvent } from './mails.ts';
import type { Observation, State } from './observation.ts';
import { everythingEnds, nothingIsPassed } from './positions.ts';
import { copiesAreEqual, ordersKeepTheirOrder } from './publication.ts';
import { oneShipmentPerOrder, shipmentsFollowEvents } from './shipments.ts';
import { violationsOf } from './violation.ts';

/** What holds at any moment at which nothing runs. */
const always: readonly ((state: State) => readonly Violation[])[] = [
  ordersHaveTheirEvents,
  copiesAreEqual,
  ordersKeepTheirOrder,
  nothingIsPassed,
];

/** What holds when everything has come to rest. */
const inTheEnd: readonly ((observation: Observation) => readonly Violation[])[] = [
  answeredIsPublished,
  refusedIsNotPublished,
  oneOrderPerKey,
  ({ end }) => oneShipmentPerOrder(end),
  ({ end }) => shipmentsFollowEvents(end),
  oneMailPerEvent,
  mailsFollowEvents,
  lettersArePoison,
  nothingIsGivenUp,
  rereadingChangesNothing,
  everythingEnds,
  nobodyWaitsForOthers,
  logsAreDiscreet,
];

/** What doesn't hold, each once. */
export function check(observation: Observation): readonly Violation[] {
  const states = [...observation.pauses, observation.end, observation.reread];
  const violations = [
    ...states.flatMap((state) => always.flatMap((invariant) => invariant(state))),
    ...inTheEnd.flatMap((invariant) => invariant(observation)),
  ];
  return [
    ...new Map(violations.map((violation) => [`${violation.id} ${violation.text}`, violation])).values(),
  ];
}

/** I13: while one group could do nothing, the other served every order that was placed meanwhile. */
function nobodyWaitsForOthers({ outages }: Observation): readonly Violation[] {
  return outages.flatMap(({ of, orders, served, servedByItself }) => [
    ...violationsOf(
      'I13',
      orders.filter((orderId) => !served.includes(orderId)),
      (orderId) => `while ${of} was down, ${orderId} was not served by the other group`,
    ),
    // Otherwise nothing was shown.
    ...violationsOf('I13', servedByItself, (orderId) => `${of} was to be down, and served ${orderId}`),
  ]);
}

/** I15 */
function logsAreDiscreet({ indiscretions }: Observation): readonly Violation[] {
  return violationsOf('I15', indiscretions, (line) => `in a log: ${line}`);
}
