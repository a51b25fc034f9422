import type { Refusal } from '../kafka/once-each.ts';
import type { EventId } from '../orders/ids.ts';

/** A mail to a customer about one event of an order. */
export interface Mail {
  readonly eventId: EventId;
  readonly to: string;
  /** One line. */
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Sends a mail, or answers why the provider will never take it. Throws where it may or may not have been sent, or may be later. */
export type SendMail = (mail: Mail) => Promise<Refusal | undefined>;
