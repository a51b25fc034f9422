/**
 * The claim protocol as decisions over data: who may make the effect of a key, and when.
 *
 *     (absent) --insert--> CLAIMED by A --mark--> settled, e.g. SENT       marking is unconditional: sent is a fact
 *                           |       ^
 *                 give back |       | take over, by anybody once the lease is past, by A at any time
 *     (A only: the lease ends now,  |
 *      or later: see `held back`) --+
 *
 * Giving back and taking over are fenced: they change a row only while owner and lease are those that were read.
 */

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

/** What a row means for somebody who wants to make its effect. */
export type ClaimDecision =
  /** The lease is past, or it is his own: he may act once he has replaced exactly this claim. */
  | { readonly kind: 'free'; readonly claim: Claim }
  /** Somebody else is at it. */
  | { readonly kind: 'held'; readonly claim: Claim }
  | { readonly kind: 'settled'; readonly status: SettledStatus };

/** Milliseconds: long enough for 25 sends one after another, short beside an hour of retries. */
export const LEASE_MS = 60_000;

/** Milliseconds from the end of an effect to the end of its mark, at most: it may have to wait for another mark, as long again. */
export const MARK_MS = 10_000;

/** The owner that an invocation is, by its id. */
export function ownerOf(invocation: { readonly id: string }): Owner {
  return invocation.id as Owner;
}

/** A claim of `owner` from now on. */
export function newClaim(owner: Owner, now: number): Claim {
  return { status: 'CLAIMED', owner, leaseUntil: now + LEASE_MS, unanswered: 0 };
}

/**
 * What `owner` makes of a claim that is free.
 *
 * Never the same lease again: a request to give back the old claim may still be under way, and must not meet it.
 */
export function takenOver(free: Claim, owner: Owner, now: number): Claim {
  return { ...free, owner, leaseUntil: Math.max(now + LEASE_MS, free.leaseUntil + 1) };
}

/**
 * Judges the row that an insertion met.
 *
 *     claimed                      leaseUntil
 *        |------------- held -----------|----- free ----->
 *
 * A claim of my own is the trace of an earlier request of mine whose answer was lost: free, for me.
 */
export function decideClaim(row: LedgerRow, me: Owner, now: number): ClaimDecision {
  if (row.status !== 'CLAIMED') return { kind: 'settled', status: row.status };
  const free = row.owner === me || row.leaseUntil <= now;
  return free ? { kind: 'free', claim: row } : { kind: 'held', claim: row };
}

/**
 * Whether an effect that takes at most `deadlineMs` may still begin under this claim.
 *
 *       now                              leaseUntil
 *        |---- deadlineMs ----|---- mark ----|
 *
 * Begun later it could be marked after somebody else has taken the claim over, and acted too.
 */
export function mayBegin(claim: Claim, now: number, deadlineMs: number): boolean {
  return now + deadlineMs + MARK_MS <= claim.leaseUntil;
}

/** Nobody's: whoever holds a claim back gives it up too, so that the lease binds him as everybody else. */
const NOBODY = 'nobody' as Owner;

/**
 * The claim after an effect whose answer was lost: it may have been made, and whoever tries again may make it twice.
 *
 *     tried    again      again                    again
 *       |-1 min-|--2 min---|---------4 min----------|-- ...
 *
 * So it is tried again ever more rarely: six times in the first hour of a provider that takes everything and answers
 * nothing. One that doesn't answer at all costs the same waits; one that refuses, or can't be reached, costs none.
 */
export function heldBack(claim: Claim, now: number): Claim {
  const { unanswered } = claim;
  return {
    ...claim,
    owner: NOBODY,
    leaseUntil: now + LEASE_MS * 2 ** unanswered,
    unanswered: unanswered + 1,
  };
}

/** The claim as its owner gives it back: free at once, on everybody's clock. The row stays and says who had it. */
export function givenBack(claim: Claim): Claim {
  return { ...claim, leaseUntil: 0 };
}
