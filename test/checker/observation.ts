/**
 * What a run of the system is seen to have done: plain data, whoever saw it. Bytes are base64, times are epoch milliseconds.
 *
 * The fault suite sees real processes from outside, and so no schedule; the simulator sees every step, and lets nobody read the
 * topic again. What an observer doesn't see is `UNSEEN`, never empty.
 */

export const UNSEEN = 'unseen';
export type Unseen = typeof UNSEEN;

export interface Observation {
  /** `MaximumRetryAttempts` of the consumers' mappings. */
  readonly retryAttempts: number;
  /** Whether a record was among them that no process of a consumer survived. */
  readonly isDeadly: boolean;
  /** Addresses that the mail provider refuses for the mail's own sake. */
  readonly refuses: readonly string[];
  readonly exchanges: readonly Exchange[];
  /** Looked at while nothing ran and nothing was on its way: each time the whole local cloud was dead. */
  readonly pauses: readonly State[];
  /** Looked at when a group's position was about to move: the records that it passes and what there was of them then. */
  readonly passes: readonly Pass[];
  /** After faults had ended and everything had come to rest. */
  readonly end: State;
  /** After all groups had then read the whole topic again, and come to rest. */
  readonly reread: State | Unseen;
  readonly outages: readonly Outage[] | Unseen;
  /** Times in which a process stood still, in the order in which they began. */
  readonly stops: readonly Stop[];
  /** Requests of email that failed, or whose answer it did not get. */
  readonly failures: readonly Failure[];
  /** Mails that the ledger was told of, each when its row was written. */
  readonly marks: readonly Mark[];
  readonly schedule: Schedule | Unseen;
  /** Lines of logs that show what a customer wrote. */
  readonly indiscretions: readonly string[];
  /** What had not come to rest although nothing moved any more. */
  readonly unfinished: readonly string[];
}

/** As the fault suite observes. */
export interface SeenFromOutside extends Observation {
  readonly schedule: Unseen;
  readonly reread: State;
}
/** As the simulator observes. */
export interface SeenWithin extends Observation {
  readonly schedule: Schedule;
  readonly reread: Unseen;
  readonly outages: Unseen;
}

/** A request of the checkout, and what was answered. */
export interface Exchange {
  readonly kind: 'place' | 'cancel';
  /** Each customer orders once, under one key. */
  readonly customerId: string;
  /** JSON of what was ordered. */
  readonly content: string;
  /** Undefined: no answer came. */
  readonly status: number | undefined;
  /** Of the answer; for a cancellation, the one that was named. */
  readonly orderId: string | undefined;
  /** The body of an answer 2xx. */
  readonly answer: string | undefined;
}

/** Tables, topics, offsets and mails at one moment. */
export interface State {
  readonly orders: readonly Order[];
  /** Event ids. */
  readonly outbox: readonly string[];
  readonly topic: readonly TopicRecord[];
  readonly shipments: readonly Shipment[];
  /** Orders whose thank-you is suppressed. */
  readonly suppressed: readonly string[];
  readonly mails: readonly Mail[];
  readonly sales: Sales;
  readonly letters: readonly Letter[];
  /** Records that Lambda gave up, from its messages on the topic of dead letters. */
  readonly givenUp: readonly GivenUp[];
  readonly positions: readonly Position[];
}

/** As much of a state as tells whether a group may pass records. */
export type Pass = Omit<State, 'orders' | 'outbox'>;

/** An order, and the bytes that it keeps of its events. */
export interface Order {
  readonly orderId: string;
  readonly status: string;
  readonly seq: number;
  readonly events: readonly Content[];
}

/** A record's bytes; null is Kafka's null. Headers stand in their order, repeated ones too. */
export interface Content {
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly (readonly [name: string, value: string | null])[];
}

export interface TopicRecord extends Content {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  /** What consumers have to make of a record that somebody else wrote. Undefined: it is the relay's, or a copy of one. */
  readonly planted: 'event' | 'unparseable' | 'invalid' | 'skipped' | undefined;
}

export interface Shipment {
  readonly orderId: string;
  readonly status: string;
  /** JSON of address, lines and time, as `contentOf` writes it. Undefined: it was cancelled, and never placed. */
  readonly content: string | undefined;
}

/** What sales has counted, and what it adds up to. */
export interface Sales {
  /** Event ids. */
  readonly counted: readonly string[];
  /** One a day and currency. */
  readonly sums: readonly Sum[];
}

export interface Sum {
  readonly day: string;
  readonly currency: string;
  readonly orders: number;
  readonly items: number;
  readonly revenue: number;
  readonly cancellations: number;
  readonly cancelled: number;
}

/** A mail that the provider took. */
export interface Mail {
  readonly eventId: string;
  readonly kind: 'thank-you' | 'cancellation' | 'unknown';
  readonly to: string;
  readonly at: number;
  /** The process that sent it. */
  readonly process: string;
  /** Whether the sender was told so. */
  readonly isAnswered: boolean;
  /** Whether it is known to have gone out when its sender had given it up. */
  readonly isLate: boolean;
  /** Whether it is known to have been sent in an operator's replay. */
  readonly isReplayed: boolean;
}

export interface Letter extends Content {
  readonly consumer: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly reason: string;
  readonly status: string;
}

export interface GivenUp {
  readonly consumer: string;
  readonly partition: number;
  readonly offset: number;
  /** Where on the topic of dead letters the message lies that tells of it. */
  readonly message: Place;
}

export interface Place {
  readonly partition: number;
  readonly offset: number;
}

/** How far a group has come; `committed` is the next record's offset. */
export interface Position {
  readonly group: string;
  readonly partition: number;
  readonly committed: number;
  readonly end: number;
}

/** Orders that were placed while one consumer could do nothing, and what became of them until it could again. */
export interface Outage {
  /** The group that could do nothing. */
  readonly of: string;
  readonly orders: readonly string[];
  /** Of these orders, those that every other group had served by the end of it. */
  readonly served: readonly string[];
  /** Of these orders, those that the group itself had served by then. */
  readonly servedByItself: readonly string[];
}

export interface Stop {
  readonly process: string;
  readonly from: number;
  /** Undefined: it is dead. */
  readonly to: number | undefined;
}

/** A send whose answer its process did not wait for or get, or a write to the ledger that failed or seemed to. */
export interface Failure {
  readonly of: 'send' | 'write';
  readonly at: number;
  readonly process: string;
  readonly events: readonly string[];
}

export interface Mark {
  readonly eventId: string;
  readonly process: string;
  readonly at: number;
}

/** What happened step by step, in the order in which it did. */
export interface Schedule {
  /** Milliseconds that a process' clock may be ahead or behind, at most. */
  readonly maxSkewMs: number;
  /** Consumers that no fault could be felt by. */
  readonly undisturbed: readonly Consumer[];
  readonly steps: readonly Step[];
}

export type Step = { readonly at: number } & (
  | {
      readonly what: 'order written' | 'row written' | 'row deleted';
      readonly eventId: string;
      readonly by: string;
    }
  | { readonly what: 'appended'; readonly eventId: string; readonly place: Place }
  | {
      readonly what: 'passed';
      readonly group: string;
      readonly partition: number;
      readonly committed: number;
    }
  | { readonly what: 'shipment written'; readonly before: Shipment | undefined; readonly after: Shipment }
  | {
      readonly what: 'claim written';
      readonly eventId: string;
      readonly by: string;
      readonly before: ClaimRow | undefined;
      readonly after: ClaimRow;
    }
  /** `isAnswered`: its sender hears from the provider, be it a refusal. */
  | {
      readonly what: 'mail tried';
      readonly eventId: string;
      readonly by: string;
      readonly isAnswered: boolean;
    }
  | { readonly what: 'mailed'; readonly mail: Mail }
  | { readonly what: 'timed out'; readonly process: string }
);

/** A row of email's ledger. */
export interface ClaimRow {
  readonly status: string;
  readonly owner: string | undefined;
  readonly leaseUntil: number;
}

/** The consumer groups of the topic `orders`. */
export const EMAIL = 'email-service';
export const SHIPPING = 'shipping-service';
export const SALES = 'sales-service';
export type Consumer = typeof EMAIL | typeof SHIPPING | typeof SALES;
export const CONSUMERS: readonly Consumer[] = [EMAIL, SHIPPING, SALES];
/** The group of the topic of dead letters. */
export const COLLECTOR = 'dead-letters';
