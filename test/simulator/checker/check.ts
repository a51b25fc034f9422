import type { Violation } from '../../support/invariants.ts';
import type { Evidence } from '../evidence.ts';
import { START } from '../scenario.ts';
import {
  answeredIsPublished,
  answersAreAboutWhatWasAsked,
  oneOrderPerKey,
  ordersAndOutbox,
  refusedIsNotPublished,
} from './checkout.ts';
import { lettersArePoison, nothingIsGivenUp } from './dead-letters.ts';
import { nobodyWaitsForOthers } from './delays.ts';
import {
  cancellationsComeSecond,
  crashesCostWhatIsUnderWay,
  leasesAreKept,
  lostAnswersAreHeldBack,
  mailsFollowEvents,
  markedIsSent,
  oneMailPerEvent,
} from './mails.ts';
import { copiesAreEqual, keptIsPublished, ordersKeepTheirOrder } from './publication.ts';
import { oneLabelPerOrder, shipmentsFollowEvents } from './shipments.ts';

const invariants: readonly ((evidence: Evidence) => readonly Violation[])[] = [
  ordersAndOutbox,
  answeredIsPublished,
  refusedIsNotPublished,
  answersAreAboutWhatWasAsked,
  oneOrderPerKey,
  keptIsPublished,
  copiesAreEqual,
  ordersKeepTheirOrder,
  oneLabelPerOrder,
  shipmentsFollowEvents,
  oneMailPerEvent,
  crashesCostWhatIsUnderWay,
  markedIsSent,
  lostAnswersAreHeldBack,
  leasesAreKept,
  mailsFollowEvents,
  cancellationsComeSecond,
  lettersArePoison,
  nothingIsGivenUp,
  nobodyWaitsForOthers,
  everythingEnds,
  invocationsEndInTime,
  logsAreClean,
];

/** What doesn't hold in a world that has come to rest. */
export function check(evidence: Evidence): readonly Violation[] {
  return invariants.flatMap((invariant) => invariant(evidence));
}

/** I14: after the last fault everything is done in time. */
function everythingEnds({ unfinished }: Evidence): Violation[] {
  return unfinished.map((what) => ({ id: 'I14', text: `${what} isn't done in time` }));
}

/** I14: no invocation is ended by its timeout, unless its process has stood still: whatever it asks of others ends before. */
function invocationsEndInTime({ history, processes }: Evidence): Violation[] {
  return history.past.flatMap((past): Violation[] => {
    if (past.what !== 'ended' || past.how !== 'timed out') return [];
    if (processes.get(past.name)?.wasStopped(START, past.at - 1)) return [];
    return [{ id: 'I14', text: `${past.name} was ended by its timeout` }];
  });
}

/** I15: no log line shows what a customer wrote; each text of theirs has a canary in it. */
function logsAreClean({ history }: Evidence): Violation[] {
  return history.past.flatMap((past) =>
    past.what === 'logged' && /canary|@example/i.test(past.line)
      ? [{ id: 'I15', text: `a customer's data is in a log line: ${past.line}` }]
      : [],
  );
}
