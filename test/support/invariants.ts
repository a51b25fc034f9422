/** What has to hold, in the simulator's world as in the fault suite's, by the ids of the list that both cover. */
export const INVARIANTS = {
  I1: 'an order and its events: both or neither',
  I2: 'what was answered 2xx is on the topic',
  I3: 'what was refused makes no event, and what was never answered one at most',
  I4: 'one customer and idempotency key, one order',
  I5: 'copies of an event are equal to the byte',
  I6: 'an order is on one partition, its events first appear in order',
  I7: 'one shipment for each order, one mail for each event',
  commute: 'whatever came when, a shipment says what its order says',
  I9: 'the dead letters are the poison, byte for byte',
  I10: 'poison holds up nobody, and nothing else is given up',
  I11: 'what is read or replayed again has no second effect',
  I12: 'no offset is passed without an effect or a letter',
  I13: 'a consumer that is down holds up no other',
  I14: 'everything comes to rest',
  I15: 'no log line shows what a customer wrote',
} as const;

export type InvariantId = keyof typeof INVARIANTS;

/** An invariant that doesn't hold, and how that shows. */
export interface Violation {
  readonly id: InvariantId;
  readonly text: string;
}
