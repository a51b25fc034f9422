import type { InsertOutcome, StatementError } from '../dynamodb.ts';

/** Who holds a claim: unique to one attempt of one invocation. */
export type Owner = string & { readonly __owner: never };

/** A row of the ledger. Times are epoch milliseconds. */
export type LedgerRow =
  | {
      readonly status: 'CLAIMED';
      readonly owner: Owner;
      readonly leaseUntil: number;
      /** How often the effect was begun and no answer came, so that it may have been made. */
      readonly unanswered: number;
    }
  | { readonly status: SettledStatus };

/** What became of an effect: made, or decided against for good. */
export type SettledStatus = 'SENT' | 'SUPPRESSED';

export type Claim = Extract<LedgerRow, { status: 'CLAIMED' }>;

/** Whether a row is still exactly that claim: what giving back and taking over are fenced by. */
export function isSameClaim(row: LedgerRow, claim: Claim): boolean {
  return row.status === 'CLAIMED' && row.owner === claim.owner && row.leaseUntil === claim.leaseUntil;
}

/**
 * The table that remembers effects, one row for each: what the claim protocol needs of it, in batches. Nothing of a call is
 * asked for after its signal has aborted; what isn't done by then has failed.
 *
 * Rows are named by consumer group and event id, `<group>#<eventId>`, never by partition and offset: a replay and a relay
 * that publishes twice bring the same event at other offsets.
 */
export interface Ledger {
  /** Inserts the rows whose key is new; a result for every key. */
  insert(
    rows: ReadonlyMap<string, LedgerRow>,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, InsertOutcome>>;
  /** Reads what stands under the keys now; a result for every key. */
  read(keys: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, LedgerRead>>;
  /** Changes claims that are still exactly `from` (`isSameClaim`); a result for every key. */
  replace(
    changes: ReadonlyMap<string, ClaimChange>,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, LedgerReplace>>;
  /** Writes rows whatever stands there, within half of `MARK_MS`; answers the keys that failed. */
  put(
    rows: ReadonlyMap<string, LedgerRow>,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, StatementError>>;
}

export type LedgerRead =
  | { readonly kind: 'found'; readonly row: LedgerRow }
  | { readonly kind: 'failed'; readonly error: StatementError };

export interface ClaimChange {
  readonly from: Claim;
  readonly to: Claim;
}

export type LedgerReplace =
  | { readonly kind: 'replaced' }
  /** Another row stands there by now; `undefined`: none. */
  | { readonly kind: 'changed'; readonly row: LedgerRow | undefined }
  | { readonly kind: 'failed'; readonly error: StatementError };
