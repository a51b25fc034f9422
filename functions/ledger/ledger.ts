import type { StatementError } from '../dynamodb.ts';
import type { Claim, LedgerRow } from './claim.ts';
import type { InsertOutcome } from './insert-new.ts';

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
  /** Changes claims that are still exactly `from`; a result for every key. */
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
