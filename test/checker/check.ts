/**
 * The checker of both proofs, the simulator and the fault suite: what was seen in (observation.ts), what doesn't hold out. It
 * knows nothing of how that came to be, and shares no module with functions/.
 *
 * A promise that needs what an observer doesn't see is not judged in that observer's runs, and the checker says so; each is
 * judged in at least one of the two (test/unit/checker/).
 */
import { CHECKOUT } from './checkout.ts';
import { LETTERS } from './letters.ts';
import { MAILS } from './mails.ts';
import { type Observation, UNSEEN, type Unseen } from './observation.ts';
import { PROGRESS } from './progress.ts';
import { PUBLICATION } from './publication.ts';
import { SALES } from './sales.ts';
import { SHIPMENTS } from './shipments.ts';

/** The table of docs/guarantees.md. */
export const INVARIANTS = {
  I1: 'an event that an order keeps waits in the outbox or is on the topic, at any moment; nothing else does',
  I2: 'what was answered 2xx is on the topic',
  I3: 'what was refused makes no event; an event says what was asked for',
  I4: 'one customer and `Idempotency-Key`, one order',
  I5: 'copies are equal to the byte, and to what the order keeps',
  I6: 'an order is on one partition; its events first appear in order',
  I7: 'a shipment for each order, a mail for each event; a second mail only in [the cases above](#when-a-mail-goes-out-twice), each on record',
  I8: 'handlers commute: a shipment ends as its order did',
  I9: 'the letters are the poison, byte for byte, each once, for its reason; what Lambda gave up was replayed',
  I10: 'poison holds nobody up; with the deployed retries nothing else is given up',
  I11: 'what is read or replayed again changes nothing and mails nobody',
  I12: 'no offset passes a record without an effect or a letter, at any moment',
  I13: 'while one consumer is down, the others serve every order',
  I14: 'everything comes to rest; no invocation is ended by its timeout, unless its process stood still',
  I15: "no log line has a customer's name, street or address",
  I16: 'sales are what the events on the topic add up to, each counted once, at any moment',
} as const;

export type InvariantId = keyof typeof INVARIANTS;

/** One thing that has to hold, as far as one look can tell. */
export interface Promised {
  /** The invariant that it is a part of. */
  readonly id: InvariantId;
  /** Unique among all. */
  readonly says: string;
  /** How it is seen not to hold, a text each; `UNSEEN` where the observer doesn't see what it is about. */
  readonly broken: (observation: Observation) => readonly string[] | Unseen;
}

/** A promise that doesn't hold, and how that shows. */
interface Violation {
  readonly id: InvariantId;
  readonly text: string;
}

export interface Verdict {
  /** Each once. */
  readonly violations: readonly Violation[];
  /** What could not be judged from this observation. */
  readonly unjudged: readonly string[];
}

export const PROMISES: readonly Promised[] = [
  ...CHECKOUT,
  ...PUBLICATION,
  ...SHIPMENTS,
  ...MAILS,
  ...SALES,
  ...LETTERS,
  ...PROGRESS,
];

export function check(observation: Observation): Verdict {
  const violations = new Map<string, Violation>();
  const unjudged: string[] = [];
  for (const { id, says, broken } of PROMISES) {
    const texts = broken(observation);
    if (texts === UNSEEN) unjudged.push(says);
    else for (const text of texts) violations.set(`${id} ${text}`, { id, text });
  }
  return { violations: [...violations.values()], unjudged };
}
