import { describe, expect, it } from 'vitest';
import {
  decideClaim,
  givenBack,
  heldBack,
  LEASE_MS,
  MARK_MS,
  mayBegin,
  newClaim,
  type Owner,
  takenOver,
} from '../../../../functions/ledger/claim.ts';

const [me, other] = ['me' as Owner, 'other' as Owner];
const now = 1_000_000;

describe('decideClaim', () => {
  it.each(['SENT', 'SUPPRESSED'] as const)('%s is settled for everybody', (status) => {
    expect(decideClaim({ status }, me, now)).toEqual({ kind: 'settled', status });
  });

  it('a live claim of somebody else is held', () => {
    const claim = newClaim(other, now);
    expect(decideClaim(claim, me, now)).toEqual({ kind: 'held', claim });
    expect(decideClaim(claim, me, now + LEASE_MS - 1)).toEqual({ kind: 'held', claim });
  });

  it('a live claim of mine is free for me: it is my own earlier request, whose answer was lost', () => {
    const claim = newClaim(me, now);
    expect(decideClaim(claim, me, now + 1)).toEqual({ kind: 'free', claim });
  });

  it('a claim whose lease is past is free, whoever had it', () => {
    for (const owner of [me, other]) {
      const claim = newClaim(owner, now);
      expect(decideClaim(claim, me, now + LEASE_MS)).toEqual({ kind: 'free', claim });
    }
  });

  it('a claim that was given back is free at once', () => {
    const claim = givenBack(newClaim(other, now));
    expect(decideClaim(claim, me, now)).toEqual({ kind: 'free', claim });
  });
});

describe('takenOver', () => {
  it('has a lease of its own length', () => {
    const claim = takenOver(givenBack(newClaim(other, now)), me, now);
    expect(claim).toEqual(newClaim(me, now));
  });

  it('never has the lease of the claim before it, so that a late request about that one does not meet it', () => {
    const claim = newClaim(me, now);
    expect(takenOver(claim, me, now).leaseUntil).toBe(claim.leaseUntil + 1);
  });
});

describe('heldBack', () => {
  it('keeps everybody away, the one who tried too, twice as long each time', () => {
    const once = heldBack(newClaim(me, now), now);
    expect(decideClaim(once, me, now + LEASE_MS - 1)).toEqual({ kind: 'held', claim: once });
    expect(decideClaim(once, me, now + LEASE_MS)).toEqual({ kind: 'free', claim: once });
    const twice = heldBack(takenOver(once, other, now + LEASE_MS), now + LEASE_MS);
    expect(decideClaim(twice, me, now + 3 * LEASE_MS - 1).kind).toBe('held');
    expect(decideClaim(twice, me, now + 3 * LEASE_MS).kind).toBe('free');
  });
});

describe('mayBegin', () => {
  const claim = newClaim(me, now);
  it('only while the effect and its mark would end within the lease', () => {
    const last = claim.leaseUntil - MARK_MS - 7_000;
    expect(mayBegin(claim, last, 7_000)).toBe(true);
    expect(mayBegin(claim, last + 1, 7_000)).toBe(false);
  });
});
