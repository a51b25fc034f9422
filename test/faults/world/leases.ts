import { eventOfClaim } from '../../checker/rows.ts';
import { isAlive } from './processes.ts';
import type { Requests } from './requests.ts';
import type { Claim, Tables } from './tables.ts';
import { repeatedly } from './waiting.ts';

/** Whoever holds a mail back after a lost answer gives its claim to nobody. */
const NOBODY = 'nobody';
const PAUSE_MS = 300;

export interface LeasesPorts {
  readonly tables: Tables;
  readonly requests: Requests;
  /** The process behind an owner of claims. */
  readonly ownerOf: (owner: string) => number | undefined;
}

export interface Leases {
  /** While no consumer acts: lets every claim run out that is not of this very moment. */
  expireAll(): Promise<void>;
  stop(): Promise<void>;
}

/** A mail is sent right after it was claimed. */
const FRESH_MS = 5_000;
/** Of a claim whose answer was not lost. */
const LEASE_MS = 60_000;

/**
 * Time runs faster for claims that only time can free: those of dead processes, and those that nobody holds any more.
 * Each ends as soon as nothing of its owner, and no mail for its event, is on its way.
 */
export function startLeases({ tables, requests, ownerOf }: LeasesPorts): Leases {
  const isForsaken = ({ eventKey, owner }: Claim) => {
    if (owner === NOBODY) return !requests.underWay({ text: `"${eventOfClaim(eventKey)}"`, service: 'ses' });
    const pid = ownerOf(owner ?? '');
    return pid !== undefined && !isAlive(pid) && !requests.underWay({ pid });
  };
  const isOld = ({ leaseUntil }: Claim) => leaseUntil - LEASE_MS < Date.now() - FRESH_MS;
  const expire = async (which: (claim: Claim) => boolean) => {
    const { claims } = await tables.ledger();
    for (const claim of claims.filter(which)) await tables.expire(claim);
  };
  const running = repeatedly(PAUSE_MS, async () => {
    // DynamoDB is being restarted: next time.
    await expire(isForsaken).catch(() => undefined);
  });
  return {
    expireAll: () =>
      expire((claim) => isForsaken(claim) || (isOld(claim) && !requests.underWay({ service: 'ses' }))),
    stop: () => running.stop(),
  };
}
