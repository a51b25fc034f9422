import type { Violation } from '../../support/invariants.ts';
import type { Evidence, OnCommit } from '../evidence.ts';
import { COLLECTOR, type Group } from '../names.ts';
import { givenUp, givenUpIn, isDeadLetter } from './given-up.ts';
import { type OrderEvent, topicEvent } from './topic-events.ts';

/** I12: a group's position passes no record that has neither its effect nor a dead letter, at the moment it does so. */
export function commitsPassNothing(report: (violation: Violation) => void): OnCommit {
  return ({ evidence, group, partition, from, to }) => {
    if (group === COLLECTOR.group) {
      for (const message of evidence.letters.partitions[partition]?.slice(from, to) ?? []) {
        for (const record of givenUpIn(message)) {
          if (isDeadLetter(evidence, record.group, record.partition, record)) continue;
          const what = `${record.partition}@${record.offset}`;
          report({ id: 'I12', text: `${group} passes ${what}, which ${record.group} has no letter of` });
        }
      }
      return;
    }
    const records = evidence.topic.partitions[partition]?.slice(from, to) ?? [];
    for (const record of records) {
      const event = topicEvent(evidence, partition, record);
      if (event.kind === 'skipped') continue;
      if (event.kind === 'event' && hasEffect(evidence, group, event)) continue;
      if (isDeadLetter(evidence, group, partition, record)) continue;
      if (givenUp(evidence, group).has(`${partition}@${record.offset}`)) continue;
      const what = event.kind === 'event' ? event.eventId : `the poison ${record.offset}`;
      report({ id: 'I12', text: `${group} passes ${what}, which has neither an effect nor a letter` });
    }
  };
}

function hasEffect(evidence: Evidence, group: Group, event: OrderEvent): boolean {
  switch (group) {
    case 'shipping-service': {
      const shipment = evidence.tables.shipments.get({ orderId: { S: event.orderId } });
      return event.type === 'OrderPlaced'
        ? shipment?.fingerprint !== undefined
        : shipment?.status?.S === 'CANCELLED';
    }
    case 'email-service': {
      if (evidence.mails.some(({ eventId }) => eventId === event.eventId)) return true;
      const thankYou = evidence.tables.emailLedger.get({ eventKey: { S: `${group}#${event.orderId}.1` } });
      return thankYou?.status?.S === 'SUPPRESSED';
    }
  }
}
