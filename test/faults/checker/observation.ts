/**
 * What a run is seen to have done, from outside: plain data, so that it can be kept, sent and tampered with. Bytes are
 * base64, times are epoch milliseconds.
 */
export interface Observation {
  /** `MaximumRetryAttempts` of the consumers' mappings. */
  readonly retryAttempts: number;
  /** Whether a record was among them that no process of shipping survived. */
  readonly isDeadly: boolean;
  readonly exchanges: readonly Exchange[];
  /** Looked at while nothing ran and nothing was on its way: each time the whole local cloud was dead. */
  readonly pauses: readonly State[];
  /** After faults had ended and everything had come to rest. */
  readonly end: State;
  /** After both groups had then read the whole topic again, and come to rest. */
  readonly reread: State;
  readonly outages: readonly Outage[];
  readonly faults: readonly Fault[];
  /** Mails that the ledger was told of, each when its row was written. */
  readonly marks: readonly Mark[];
  /** Lines of logs that show what a customer wrote. */
  readonly indiscretions: readonly string[];
  /** What had not come to rest although nothing moved any more. */
  readonly unfinished: readonly string[];
}

/** A request of the checkout, and what was answered. */
export interface Exchange {
  readonly kind: 'place' | 'cancel';
  /** Each customer orders once. */
  readonly customerId: string;
  /** JSON of what was ordered. */
  readonly content: string;
  /** Undefined: no answer came. */
  readonly status: number | undefined;
  /** Of the answer; for a cancellation, the one that was named. */
  readonly orderId: string | undefined;
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
  readonly letters: readonly Letter[];
  /** Records that Lambda gave up, from its messages on the topic of dead letters. */
  readonly givenUp: readonly GivenUp[];
  readonly positions: readonly Position[];
}

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
  readonly headers: readonly (readonly [name: string, value: string])[];
}

export interface TopicRecord extends Content {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  /** What consumers have to make of a record that somebody else wrote. Undefined: it is the relay's, or a copy of one. */
  readonly planted: 'unparseable' | 'invalid' | 'skipped' | undefined;
}

export interface Shipment {
  readonly orderId: string;
  readonly status: string;
  /** JSON of address, lines and time. Undefined: it was cancelled, and never placed. */
  readonly content: string | undefined;
}

/** A mail that the provider took. */
export interface Mail {
  readonly eventId: string;
  readonly kind: 'thank-you' | 'cancellation' | 'unknown';
  readonly to: string;
  readonly at: number;
  /** Of the process that sent it. */
  readonly pid: number;
  /** Whether the sender was told so. */
  readonly isAnswered: boolean;
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
  readonly message: { readonly partition: number; readonly offset: number };
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
  /** Of these orders, those that the other group had served by the end of it. */
  readonly served: readonly string[];
  /** Of these orders, those that the group itself had served by then. */
  readonly servedByItself: readonly string[];
}

/** What no one did: a living process gave a request up, whether or not it had been answered by then. */
export const GIVEN_UP = 'given up';

/** Something that was broken on purpose, or was seen to break: `GIVEN_UP`. */
export interface Fault {
  readonly at: number;
  readonly kind: string;
  /** The function or part that it struck. */
  readonly where: string;
  /** Processes that it struck. */
  readonly pids: readonly number[];
  /** Whether they are dead since. */
  readonly isDeath: boolean;
  readonly operation: string | undefined;
  /** Events that the request named. */
  readonly events: readonly string[];
}

export interface Mark {
  readonly eventId: string;
  readonly pid: number;
  readonly at: number;
}

/** The consumer groups of the topic `orders`. */
export const EMAIL = 'email-service';
export const SHIPPING = 'shipping-service';
export type Consumer = typeof EMAIL | typeof SHIPPING;
export const CONSUMERS: readonly Consumer[] = [EMAIL, SHIPPING];
/** The group of the topic of dead letters. */
export const COLLECTOR = 'dead-letters';
