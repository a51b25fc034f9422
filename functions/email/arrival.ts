/**
 * Which mails go out follows the order in which an order's events arrive:
 *
 *     placed                       a thank-you
 *     placed, then cancelled       a thank-you, then a cancellation
 *     cancelled first              none, neither now nor when the placement comes
 *
 * The thank-you's row in the ledger remembers what arrived first: a claim or `SENT`, or else `SUPPRESSED`.
 */
import { HELD } from '../kafka/once-each.ts';
import { DONE, DUPLICATE, type Outcome, outcomeOfError, retry } from '../kafka/outcome.ts';
import type { LedgerRead } from '../ledger/ledger.ts';

/** What a cancellation finds of its order's thank-you. */
export type ThankYou =
  /** It went out, or its placement arrived first and sees to it: the cancellation has its mail. */
  | { readonly kind: 'due' }
  /** It never goes out, and neither does a cancellation; `outcome` is what that means for the event that asked. */
  | { readonly kind: 'suppressed'; readonly outcome: Outcome }
  /** Not known yet, for the reason that `outcome` gives. */
  | { readonly kind: 'open'; readonly outcome: Outcome };

/** After a cancellation that nothing preceded has suppressed the thank-you. */
export const SUPPRESSED_NOW: ThankYou = { kind: 'suppressed', outcome: DONE };

/**
 * After a cancellation that nothing preceded in its batch found that the thank-you has a row.
 *
 * A claim whose lease is past says that the placement arrived first, and that its mail is late or in the dead letters:
 * the cancellation doesn't wait for it.
 */
export function ofThankYouRow(read: LedgerRead, now: number): ThankYou {
  if (read.kind === 'failed') return openAfter(read.error);
  switch (read.row.status) {
    case 'SENT':
      return { kind: 'due' };
    case 'SUPPRESSED':
      return { kind: 'suppressed', outcome: DUPLICATE };
    case 'CLAIMED':
      return read.row.leaseUntil <= now ? { kind: 'due' } : { kind: 'open', outcome: HELD };
  }
}

/** When the ledger didn't say. */
export const openAfter = (error: unknown): ThankYou => ({ kind: 'open', outcome: outcomeOfError(error) });

/** Whether the thank-you is given up, or comes again after all, is decided when the effects of the batch are known. */
const UNDECIDED = retry('THANK_YOU_FAILED');

/** After the thank-you itself was attempted, just before in the same batch. */
export function afterThankYou(outcome: Outcome): ThankYou {
  switch (outcome.kind) {
    case 'done':
    case 'duplicate':
      return { kind: 'due' };
    case 'dead-letter':
      return { kind: 'open', outcome: UNDECIDED };
    case 'skipped':
      return { kind: 'suppressed', outcome: DUPLICATE };
    case 'retry':
      return { kind: 'open', outcome };
  }
}
