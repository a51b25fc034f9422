import { type Claim, type ClaimDecision, decideClaim, newClaim, type Owner } from './claim.ts';
import type { Ledger, LedgerInsert, LedgerReplace } from './ledger.ts';
import { StatementError } from './statement-error.ts';

/** What became of the wish to claim a key. */
export type ClaimResult =
  | Exclude<ClaimDecision, { kind: 'expired' }>
  | { readonly kind: 'failed'; readonly error: StatementError };

/**
 * Claims keys for `me`: new ones by insertion, those whose lease is past by taking them over; a result for every key.
 *
 * Whoever loses a race for an expired claim finds it held by the winner.
 */
export async function claimKeys(
  ledger: Ledger,
  keys: readonly string[],
  me: Owner,
  now: number,
): Promise<Map<string, ClaimResult>> {
  const claim = newClaim(me, now);
  const inserted = await ledger.insert(new Map(keys.map((key) => [key, claim])));

  const results = new Map<string, ClaimResult>();
  const expired = new Map<string, Claim>();
  for (const [key, insertion] of inserted) {
    const decision = afterInsert(insertion, claim, now);
    if (decision.kind === 'expired') expired.set(key, decision.claim);
    else results.set(key, decision);
  }
  if (expired.size === 0) return results;

  const replaced = await ledger.replace(
    new Map([...expired].map(([key, from]) => [key, { from, to: claim }])),
  );
  for (const [key, replacement] of replaced) results.set(key, afterReplace(replacement, claim, now));
  return results;
}

function afterInsert(insertion: LedgerInsert, mine: Claim, now: number): ClaimDecision | ClaimResult {
  switch (insertion.kind) {
    case 'inserted':
      return { kind: 'granted', claim: mine };
    case 'exists':
      return decideClaim(insertion.row, mine.owner, now);
    case 'failed':
      return insertion;
  }
}

function afterReplace(replacement: LedgerReplace, mine: Claim, now: number): ClaimResult {
  switch (replacement.kind) {
    case 'replaced':
      return { kind: 'granted', claim: mine };
    case 'failed':
      return replacement;
    case 'changed': {
      if (replacement.row === undefined) return { kind: 'failed', error: overtaken() };
      const decision = decideClaim(replacement.row, mine.owner, now);
      return decision.kind === 'expired' ? { kind: 'failed', error: overtaken() } : decision;
    }
  }
}

/** Taken over and given back again, or deleted, by somebody else in the meantime: it is free, the next attempt gets it. */
function overtaken(): StatementError {
  return new StatementError('CLAIM_OVERTAKEN', 'a claim changed while it was taken over', {
    retriable: true,
  });
}
