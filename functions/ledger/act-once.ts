import { chunksOf, mapConcurrently } from '../concurrency.ts';
import { StatementError } from '../dynamodb.ts';
import { isLostAnswer } from '../transient.ts';
import { type Claim, givenBack, heldBack, mayBegin, ownerOf, type SettledStatus } from './claim.ts';
import { type ClaimResult, claimNew, readMet, takeOver } from './claim-keys.ts';
import type { Ledger } from './ledger.ts';

/** An effect on the world outside, which no transaction covers. */
export interface ExternalEffect<Task, Refusal> {
  /** The task's row in the ledger; tasks that share one are one effect, which the first of them makes. */
  readonly keyOf: (task: Task) => string;
  /**
   * Makes the effect, or answers why it never can be made. What it rejects with says whether it may have been
   * made (`isLostAnswer`); what it throws before it returns a promise was not begun.
   */
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
  /** Somebody else is at it, or it was tried before without an answer: its lease has to pass. */
  | { readonly kind: 'held' }
  /** There was no time left to begin it, neither of the claim's lease nor of the invocation's. */
  | { readonly kind: 'not-begun' }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** `mayBeMade`: for all that is known, it was made. */
  | { readonly kind: 'failed'; readonly error: unknown; readonly mayBeMade?: boolean };

export interface ActOncePorts {
  readonly ledger: Ledger;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Who acts, and whether he still may begin: a consumer's `Invocation` is one. */
export interface Actor {
  /** Unique to this attempt; claims made under it before, in an earlier call, are taken for one's own. */
  readonly id: string;
  readonly isOver: () => boolean;
  /** Aborts when all that has begun has to have ended, marks included. */
  readonly signal: AbortSignal;
}

/** Claimed just in time: the lease of a claim runs while those before it act. */
const CLAIMS_AT_ONCE = 25;

/**
 * Makes each task's effect once, as far as an external effect can be: claim, act, mark `SENT`, 25 tasks at a time; those
 * that were claimed before are looked at last, all together. Answers for every task.
 *
 * The mark is unconditional. What didn't happen is given back, so that the next attempt need not wait for the lease;
 * what may have happened is held back, so that it does. An effect is made a second time only where no mark tells of the
 * first: after a crash between the two, a mark that failed, a process frozen there beyond its lease, or an effect whose
 * answer was lost or untrue. `test/unit/functions/ledger/protocol.test.ts` looks at all schedules for others.
 */
export async function actOnce<Task, Refusal>(
  tasks: readonly Task[],
  effect: ExternalEffect<Task, Refusal>,
  ports: ActOncePorts,
  actor: Actor,
): Promise<Map<Task, ActResult<Refusal>>> {
  const firsts = new Map<string, Task>();
  for (const task of tasks) {
    const key = effect.keyOf(task);
    if (!firsts.has(key)) firsts.set(key, task);
  }
  const results = await actOnFirsts(firsts, effect, ports, actor);
  return new Map(
    tasks.map((task) => {
      const key = effect.keyOf(task);
      const result = results.get(key) ?? unanswered();
      return [task, firsts.get(key) === task ? result : resultOfCopy(result)];
    }),
  );
}

/** How a task ended whose effect another one of the call has just made, or tried to make. */
function resultOfCopy<Refusal>(first: ActResult<Refusal>): ActResult<Refusal> {
  return first.kind === 'made' ? { kind: 'settled', status: 'SENT' } : first;
}

/** `actOnce` for one task of each key, answered by key. */
async function actOnFirsts<Task, Refusal>(
  tasks: ReadonlyMap<string, Task>,
  effect: ExternalEffect<Task, Refusal>,
  { ledger, now }: ActOncePorts,
  actor: Actor,
): Promise<Map<string, ActResult<Refusal>>> {
  const owner = ownerOf(actor);
  const results = new Map<string, ActResult<Refusal>>();
  const act = async (claimed: readonly Claimed<Task>[]) => {
    for (const [key, result] of await actUnder(claimed, effect, { ledger, now }, actor)) {
      results.set(key, result);
    }
  };

  const met = new Map<string, Task>();
  for (const slice of chunksOf([...tasks], CLAIMS_AT_ONCE)) {
    if (actor.isOver()) {
      for (const [key] of slice) results.set(key, NOT_BEGUN);
      continue;
    }
    const keys = slice.map(([key]) => key);
    const claims = await claimNew(ledger, keys, owner, now(), actor.signal);
    const claimed: Claimed<Task>[] = [];
    for (const [key, task] of slice) {
      const claim = claims.get(key) ?? unanswered();
      if (claim.kind === 'exists') met.set(key, task);
      else claimed.push({ key, task, claim });
    }
    await act(claimed);
  }
  if (met.size === 0) return results;

  const rows = await readMet(ledger, [...met.keys()], owner, now(), actor.signal);
  for (const slice of chunksOf([...met], CLAIMS_AT_ONCE)) {
    const found = new Map(slice.map(([key]) => [key, rows.get(key) ?? unanswered()]));
    const claims = await takeOver(ledger, found, owner, now(), actor.signal);
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

/** Acts where the claim was granted, and marks what was made at once; then gives back what was granted in vain. */
async function actUnder<Task, Refusal>(
  claimed: readonly Claimed<Task>[],
  effect: ExternalEffect<Task, Refusal>,
  { ledger, now }: ActOncePorts,
  actor: Actor,
): Promise<Map<string, ActResult<Refusal>>> {
  const mark = marking(ledger, actor.signal);
  const acted = await mapConcurrently(claimed, effect.inFlight, async (one) => {
    const result = await actOn(one, effect, now, actor);
    // In the place of the effect: so no more than `inFlight` are ever made and not marked.
    return { ...one, result: result.kind === 'made' ? { ...result, unmarked: await mark(one.key) } : result };
  });

  const inVain = acted.flatMap(({ key, claim, result }) =>
    claim.kind === 'granted' && result.kind !== 'made'
      ? [[key, { from: claim.claim, to: afterVain(claim.claim, result, now()) }] as const]
      : [],
  );
  // Giving back is a courtesy: where it fails, the lease runs out by itself.
  if (inVain.length > 0) await ledger.replace(new Map(inVain), actor.signal);
  return new Map(acted.map(({ key, result }) => [key, result]));
}

/**
 * Marks effects when they are made, each at once; those that come while a mark is being written go together with the next.
 *
 *     made    a        b c      d
 *     put     |-- a --|-- b, c --|-- d --|
 */
function marking(ledger: Ledger, signal: AbortSignal): (key: string) => Promise<StatementError | undefined> {
  let last: Promise<unknown> = Promise.resolve();
  let next: { readonly keys: string[]; readonly unmarked: ReturnType<Ledger['put']> } | undefined;
  const write = (keys: readonly string[]) => {
    next = undefined;
    return ledger.put(new Map(keys.map((key) => [key, { status: 'SENT' }])), signal);
  };
  return async (key) => {
    if (next === undefined) {
      const keys: string[] = [];
      next = { keys, unmarked: last.then(() => write(keys)) };
      last = next.unmarked.catch(() => undefined);
    }
    next.keys.push(key);
    return (await next.unmarked).get(key);
  };
}

function afterVain(claim: Claim, result: ActResult<unknown>, now: number): Claim {
  const lost = result.kind === 'failed' && result.mayBeMade;
  return lost ? heldBack(claim, now) : givenBack(claim);
}

const NOT_BEGUN = { kind: 'not-begun' } as const;

async function actOn<Task, Refusal>(
  { task, claim }: Claimed<Task>,
  effect: ExternalEffect<Task, Refusal>,
  now: () => number,
  actor: Actor,
): Promise<ActResult<Refusal>> {
  if (claim.kind === 'held') return { kind: 'held' };
  if (claim.kind !== 'granted') return claim;
  if (actor.isOver() || !mayBegin(claim.claim, now(), effect.deadlineMs)) return NOT_BEGUN;
  let acting: Promise<Refusal | undefined>;
  try {
    acting = effect.act(task);
  } catch (error) {
    return { kind: 'failed', error };
  }
  try {
    const refusal = await acting;
    return refusal === undefined ? { kind: 'made', unmarked: undefined } : { kind: 'refused', refusal };
  } catch (error) {
    return { kind: 'failed', error, mayBeMade: isLostAnswer(error) };
  }
}
