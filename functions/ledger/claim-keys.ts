import { StatementError } from '../dynamodb.ts';
import {
  type Claim,
  type ClaimDecision,
  decideClaim,
  type LedgerRow,
  newClaim,
  type Owner,
  takenOver,
} from './claim.ts';
import type { InsertOutcome } from './insert-new.ts';
import type { Ledger, LedgerReplace } from './ledger.ts';

/** What became of the wish to claim a key. */
export type ClaimResult =
  | { readonly kind: 'granted'; readonly claim: Claim }
  | Exclude<ClaimDecision, { kind: 'free' }>
  | { readonly kind: 'failed'; readonly error: StatementError };

/** What a key that was claimed before is found to be. */
export type MetRow = ClaimDecision | { readonly kind: 'failed'; readonly error: StatementError };

/** Claims the keys that nobody ever claimed; `exists` for the others. */
export async function claimNew(
  ledger: Ledger,
  keys: readonly string[],
  me: Owner,
  now: number,
  signal?: AbortSignal,
): Promise<Map<string, ClaimResult | Extract<InsertOutcome, { kind: 'exists' }>>> {
  const claim = newClaim(me, now);
  const inserted = await ledger.insert(new Map(keys.map((key) => [key, claim])), signal);
  return new Map(
    [...inserted].map(([key, outcome]) => [
      key,
      outcome.kind === 'inserted' ? { kind: 'granted', claim } : outcome,
    ]),
  );
}

/** Looks at the keys that exist: settled, held or free. */
export async function readMet(
  ledger: Ledger,
  keys: readonly string[],
  me: Owner,
  now: number,
  signal?: AbortSignal,
): Promise<Map<string, MetRow>> {
  const rows = await ledger.read(keys, signal);
  return new Map(
    [...rows].map(([key, read]) => [key, read.kind === 'found' ? decideClaim(read.row, me, now) : read]),
  );
}

/**
 * Takes over the claims among `met` that are free; the others stay what they are.
 *
 * Whoever loses a race for a free claim finds it held by the winner.
 */
export async function takeOver(
  ledger: Ledger,
  met: ReadonlyMap<string, MetRow>,
  me: Owner,
  now: number,
  signal?: AbortSignal,
): Promise<Map<string, ClaimResult>> {
  const results = new Map<string, ClaimResult>();
  const changes = new Map<string, { from: Claim; to: Claim }>();
  for (const [key, row] of met) {
    if (row.kind === 'free') changes.set(key, { from: row.claim, to: takenOver(row.claim, me, now) });
    else results.set(key, row);
  }
  if (changes.size === 0) return results;
  const replaced = await ledger.replace(changes, signal);
  for (const [key, { to }] of changes) {
    const answer = replaced.get(key);
    if (answer !== undefined) results.set(key, afterReplace(answer, to, now));
  }
  return results;
}

function afterReplace(replaced: LedgerReplace, mine: Claim, now: number): ClaimResult {
  switch (replaced.kind) {
    case 'replaced':
      return { kind: 'granted', claim: mine };
    case 'failed':
      return replaced;
    case 'changed': {
      const { row } = replaced;
      if (row === undefined) return { kind: 'failed', error: overtaken() };
      if (isSameClaim(row, mine)) return { kind: 'granted', claim: mine };
      const decision = decideClaim(row, mine.owner, now);
      return decision.kind === 'free' ? { kind: 'failed', error: overtaken() } : decision;
    }
  }
}

/** The SDK sent this very request twice, because the first answer was lost. */
function isSameClaim(row: LedgerRow, claim: Claim): boolean {
  return row.status === 'CLAIMED' && row.owner === claim.owner && row.leaseUntil === claim.leaseUntil;
}

/** Taken over and given back, or deleted, by somebody else in the meantime: free, so the next attempt may get it. */
function overtaken(): StatementError {
  return new StatementError('CLAIM_OVERTAKEN', 'a claim changed while it was taken over', {
    retriable: true,
  });
}
