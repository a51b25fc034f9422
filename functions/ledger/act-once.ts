import { chunksOf, mapConcurrently } from '../concurrency.ts';
import { givenBack, mayBegin, type Owner, type SettledStatus } from './claim.ts';
import { type ClaimResult, claimNew, readMet, takeOver } from './claim-keys.ts';
import type { Ledger } from './ledger.ts';
import { StatementError } from './statement-error.ts';

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
 * Makes each task's effect once, as far as an external effect can be: claim, act, mark `SENT`, 25 tasks at a time; those
 * that were claimed before are looked at last, all together.
 *
 * The mark is unconditional. What didn't happen is given back, so that the next delivery need not wait for the lease. A
 * crash between act and mark lets the next delivery act again; nothing else does, but an act that happened and threw.
 */
export async function actOnce<Task, Refusal>(
  tasks: readonly Task[],
  effect: ExternalEffect<Task, Refusal>,
  { ledger, newOwner, now }: ActOncePorts,
): Promise<Map<Task, ActResult<Refusal>>> {
  const owner = newOwner();
  const results = new Map<Task, ActResult<Refusal>>();
  const act = async (claimed: readonly Claimed<Task>[]) => {
    for (const [task, result] of await actUnder(claimed, effect, ledger, now)) results.set(task, result);
  };

  const met = new Map<string, Task>();
  for (const slice of chunksOf(tasks, CLAIMS_AT_ONCE)) {
    const byKey = new Map(slice.map((task) => [effect.keyOf(task), task]));
    const claims = await claimNew(ledger, [...byKey.keys()], owner, now());
    const claimed: Claimed<Task>[] = [];
    for (const [key, task] of byKey) {
      const claim = claims.get(key) ?? unanswered();
      if (claim.kind === 'exists') met.set(key, task);
      else claimed.push({ key, task, claim });
    }
    await act(claimed);
  }
  if (met.size === 0) return results;

  const rows = await readMet(ledger, [...met.keys()], owner, now());
  for (const slice of chunksOf([...met], CLAIMS_AT_ONCE)) {
    const found = new Map(slice.map(([key]) => [key, rows.get(key) ?? unanswered()]));
    const claims = await takeOver(ledger, found, owner, now());
    await act(slice.map(([key, task]) => ({ key, task, claim: claims.get(key) ?? unanswered() })));
  }
  return results;
}

interface Claimed<Task> {
  readonly key: string;
  readonly task: Task;
  readonly claim: ClaimResult;
}

function unanswered(): Extract<ClaimResult, { kind: 'failed' }> {
  return { kind: 'failed', error: new StatementError('NO_ANSWER', 'the ledger did not answer for a key') };
}

/** Acts where the claim was granted, then marks what was made and gives back what was granted in vain. */
async function actUnder<Task, Refusal>(
  claimed: readonly Claimed<Task>[],
  effect: ExternalEffect<Task, Refusal>,
  ledger: Ledger,
  now: () => number,
): Promise<Map<Task, ActResult<Refusal>>> {
  const acted = await mapConcurrently(claimed, effect.inFlight, async (one) => ({
    ...one,
    result: await actOn(one, effect, now),
  }));

  const made = acted.filter(({ result }) => result.kind === 'made');
  const inVain = acted.flatMap(({ key, claim, result }) =>
    claim.kind === 'granted' && result.kind !== 'made' ? [[key, claim.claim] as const] : [],
  );
  // Giving back is a courtesy: where it fails, the lease runs out by itself.
  const [unmarked] = await Promise.all([
    ledger.put(new Map(made.map(({ key }) => [key, { status: 'SENT' }]))),
    ledger.replace(new Map(inVain.map(([key, claim]) => [key, { from: claim, to: givenBack(claim) }]))),
  ]);
  return new Map(
    acted.map(({ key, task, result }) => [
      task,
      result.kind === 'made' ? { kind: 'made', unmarked: unmarked.get(key) } : result,
    ]),
  );
}

async function actOn<Task, Refusal>(
  { task, claim }: Claimed<Task>,
  effect: ExternalEffect<Task, Refusal>,
  now: () => number,
): Promise<ActResult<Refusal>> {
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
