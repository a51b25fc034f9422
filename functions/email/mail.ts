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

/** Why the provider will never take a mail; `code` is the provider's own. */
export interface MailRefusal {
  readonly code: string;
}

/** Sends a mail, or answers why that can't be. Throws where it may or may not have been sent, or may be later. */
export type SendMail = (mail: Mail) => Promise<MailRefusal | undefined>;
