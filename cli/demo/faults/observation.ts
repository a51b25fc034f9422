import type { MailObservation, TopicObservation } from '../observation.ts';

/** What the demo's second part saw from outside. */
export interface FaultsObservation {
  /** Answers 201 of `POST /orders`. */
  readonly created: number;
  /** Status by order id. */
  readonly orders: ReadonlyMap<string, string>;
  readonly outboxRows: number;
  readonly topic: TopicObservation;
  readonly mails: MailObservation;
  /** Status by order id. */
  readonly shipments: ReadonlyMap<string, string>;
  /** Dead letters by `<consumer> <reason> <status>`. */
  readonly letters: ReadonlyMap<string, number>;
  /** Invocations of shipping that brought the crashing record alone. */
  readonly crashed: number;
  /** Invocations that Lambda allows a record of shipping. */
  readonly allowed: number;
  readonly outage: {
    /** Shipments of the outage's orders, and mails of all, that came while the provider was down. */
    readonly shipped: number;
    readonly mailed: number;
    /** Whether an invocation of email ended, and its records came again, before the provider was back. */
    readonly outlastedAnInvocation: boolean;
  };
  /** How many letters the replay says it has replayed. */
  readonly replayed: number;
  readonly dark: {
    /** The same of the dark hour's orders. */
    readonly shipped: number;
    readonly mailed: number;
    /** Records that waited for email-service at the end of it. */
    readonly lag: number;
    /** Records delivered to email-service after it. */
    readonly delivered: number;
  };
}
