import { isDeepStrictEqual } from 'node:util';
import type { Violation } from '../../support/invariants.ts';
import { secondMails } from './mails.ts';
import type { Letter, Observation } from './observation.ts';
import { violationsOf } from './violation.ts';

/**
 * I11: after every group has read the topic once more, shipments are what they were, no mail went out that nothing
 * explains, and the letters are those that were there.
 */
export function rereadingChangesNothing(observation: Observation): readonly Violation[] {
  const { end, reread } = observation;
  const before = new Map(end.shipments.map((shipment) => [shipment.orderId, shipment]));
  const changed = reread.shipments.filter(
    (shipment) => !isDeepStrictEqual(before.get(shipment.orderId), shipment),
  );
  const sent = new Set(end.mails);
  const again = secondMails(reread.mails, observation).filter(
    ({ second, excuse }) =>
      excuse === undefined && ![...sent].some((mail) => isDeepStrictEqual(mail, second)),
  );
  const known = new Map(end.letters.map((letter) => [nameOf(letter), letter]));
  const letters = reread.letters.filter((letter) => known.get(nameOf(letter))?.reason !== letter.reason);
  return [
    ...violationsOf('I11', changed, ({ orderId, status }) => `reading again made ${orderId} ${status}`),
    ...violationsOf('I11', again, ({ second }) => `reading again sent the mail for ${second.eventId} again`),
    ...violationsOf(
      'I11',
      letters,
      (letter) => `reading again made the letter ${nameOf(letter)} (${letter.reason})`,
    ),
  ];
}

function nameOf({ consumer, partition, offset }: Letter): string {
  return `${consumer} ${partition}@${offset}`;
}
