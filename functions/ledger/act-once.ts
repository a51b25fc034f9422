import { chunksOf, mapConcurrently } from '../concurrency.ts';
import { type Claim, givenBack, mayBegin, type Owner, type SettledStatus } from './claim.ts';
import { type ClaimResult, claimKeys } from './claim-keys.ts';
import type { Ledger } from './ledger.ts';
import type { StatementError } from './statement-error.ts';

/** An effect on the world outside, which no transaction covers. */
export interface ExternalEffect<Task, Refusal> {
  /** The task's row in the ledger; no two tasks of a call share one. */
  readonly keyOf: (task: Task) => string;
  /** Makes the effect, or answers why it never can be made. Throws what may or may not have made it. */
  readonly act: (task: Task) => Promise<Refusal | undefined>;
  /** Milliseconds that `act` takes at most. */
  readonly deadlineMs: number;
  /** Calls of `act` under way at once. */
  readonly inFlight: number;
}

/** How a task ended. */
export type ActResult<Refusal> =
  /** Made now. `unmarked`: the ledger doesn't know it, so a later copy may make it again. */
  | { readonly kind: 'made'; readonly unmarked: StatementError | undefined }
  /** Made, or decided against, before. */
  | { readonly kind: 'settled'; readonly status: SettledStatus }
  /** Somebody else is at it, or its lease ran too short to begin. */
  | { readonly kind: 'held' }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'failed'; readonly error: unknown };

export interface ActOncePorts {
  readonly ledger: Ledger;
  /** A fresh owner on every call. */
  readonly newOwner: () => Owner;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Claimed just in time: the lease of a claim runs while those before it act. */
const CLAIMS_AT_ONCE = 25;

/**
 * Makes each task's effect once, as far as an external effect can be: claim, act, mark `SENT`, 25 tasks at a time.
 *
 * The mark is unconditional. What didn't happen is given back, so that the next delivery need not wait for the lease. A
 * crash between act and mark lets the next delivery act again; nothing else does, but an act that happened and threw.
 */
export async function actOnce<Task, Refusal>(
  tasks: readonly Task[],
  effect: ExternalEffect<Task, Refusal>,
  ports: ActOncePorts,
): Promise<Map<Task, ActResult<Refusal>>> {
  const owner = ports.newOwner();
  const results = new Map<Task, ActResult<Refusal>>();
  for (const slice of chunksOf(tasks, CLAIMS_AT_ONCE)) {
    const claims = await claimKeys(ports.ledger, slice.map(effect.keyOf), owner, ports.now());
    const acted = await mapConcurrently(slice, effect.inFlight, async (task) => {
      const claim = claims.get(effect.keyOf(task));
      return [task, await actUnder(claim, task, effect, ports.now)] as const;
    });
    for (const [task, result] of await settle(acted, claims, effect, ports.ledger)) results.set(task, result);
  }
  return results;
}

async function actUnder<Task, Refusal>(
  claim: ClaimResult | undefined,
  task: Task,
  effect: ExternalEffect<Task, Refusal>,
  now: () => number,
): Promise<ActResult<Refusal>> {
  if (claim === undefined) throw new TypeError('the ledger did not answer for a key');
  if (claim.kind === 'held') return { kind: 'held' };
  if (claim.kind !== 'granted') return claim;
  if (!mayBegin(claim.claim, now(), effect.deadlineMs)) return { kind: 'held' };
  try {
    const refusal = await effect.act(task);
    return refusal === undefined ? { kind: 'made', unmarked: undefined } : { kind: 'refused', refusal };
  } catch (error) {
    return { kind: 'failed', error };
  }
}

/** Marks what was made and gives back what was granted in vain. */
async function settle<Task, Refusal>(
  acted: readonly (readonly [Task, ActResult<Refusal>])[],
  claims: ReadonlyMap<string, ClaimResult>,
  effect: ExternalEffect<Task, Refusal>,
  ledger: Ledger,
): Promise<[Task, ActResult<Refusal>][]> {
  const made = new Map<string, { status: SettledStatus }>();
  const inVain = new Map<string, { from: Claim; to: Claim }>();
  for (const [task, result] of acted) {
    const key = effect.keyOf(task);
    const claim = claims.get(key);
    if (result.kind === 'made') made.set(key, { status: 'SENT' });
    else if (claim?.kind === 'granted') inVain.set(key, { from: claim.claim, to: givenBack(claim.claim) });
  }
  // Giving back is a courtesy: where it fails, the lease runs out by itself.
  const [unmarked] = await Promise.all([
    made.size === 0 ? new Map<string, StatementError>() : ledger.put(made),
    inVain.size === 0 ? undefined : ledger.replace(inVain),
  ]);
  return acted.map(([task, result]) => [
    task,
    result.kind === 'made' ? { kind: 'made', unmarked: unmarked.get(effect.keyOf(task)) } : result,
  ]);
}
