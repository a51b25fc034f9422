import type { Context } from 'aws-lambda';
import type { SendMail } from '../../functions/email/mails.ts';

/** What a consumer works with: tables of its own, empty, in the engine that its process's environment names. */
export interface ConsumerSite {
  /** Partition key `orderId`: its items are the shipments that are counted. */
  readonly shipmentsTable: string;
  /** Partition key `eventKey`, for what the consumer notes beside the effect. */
  readonly ledgerTable: string;
  /** Counts the mails, and takes no time. */
  readonly sendMail: SendMail;
  /** Folder into which Powertools was installed; only Powertools needs it. */
  readonly packageDir: string;
}

/** Handles one batch after another; throws where a record's effect was not made. */
export type Consumer = (event: unknown, context: Context) => Promise<void>;

/** A contender: makes the consumer ready, as a function does when its environment starts. */
export type ConsumerContender = (site: ConsumerSite) => Consumer;
