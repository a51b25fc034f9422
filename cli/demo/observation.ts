/** What the demo saw from outside, after everything was quiet. */
export interface Observation {
  /** Answers 201 and 200 of `POST /orders`. */
  readonly created: number;
  readonly replayed: number;
  readonly killedEnvironments: number;
  /** Status by order id. */
  readonly orders: ReadonlyMap<string, string>;
  readonly outboxRows: number;
  readonly topic: TopicObservation;
  readonly mails: MailObservation;
  /** Status by order id. */
  readonly shipments: ReadonlyMap<string, string>;
  readonly deadLetters: number;
}

export interface TopicObservation {
  /** Records by partition. */
  readonly records: readonly number[];
  /** Distinct event ids by order id, in the order of their first appearance. */
  readonly events: ReadonlyMap<string, readonly string[]>;
  /** Events whose first appearance is not behind that of the order's earlier ones. */
  readonly outOfOrder: number;
  /** Orders whose events lie on more than one partition. */
  readonly scattered: number;
  /** Copies of an event that differ from its first one in any byte. */
  readonly differingCopies: number;
}

export interface MailObservation {
  /** Mails by order id. */
  readonly thankYou: ReadonlyMap<string, number>;
  readonly cancellation: ReadonlyMap<string, number>;
  /** Mails that are neither. */
  readonly unknown: number;
}
