/**
 * The protocol of a claim: how an effect on the world outside, which no transaction covers, is made once.
 *
 *     (absent) --1 claim--> CLAIMED by A --3 mark--> SENT        marking is unconditional: made is a fact
 *                            |       ^
 *       4 give back, or hold |       | 5 take over: anybody once the lease is past, A himself at any time
 *         back (A only)      +-------+
 *
 *     1 claim         2 act begins at the latest                      leaseUntil
 *     |--------------------|---- deadlineMs ----|------- MARK_MS -------|----------- 5 anybody takes over --->
 *     |                         2 act            3 mark, or 4 give back |
 *
 * Giving back and taking over are fenced: they change a row only while owner and lease are those that were read.
 *
 * An effect is made a second time only where no mark tells of the first; each step says where that is. For other cases
 * `test/unit/functions/ledger/protocol.test.ts` looks at all schedules.
 */
import { chunksOf, mapConcurrently } from '../concurrency.ts';
import { type InsertOutcome, StatementError } from '../dynamodb.ts';
import { isLostAnswer } from '../transient.ts';
import type { Claim, Ledger, LedgerReplace, LedgerRow, Owner, SettledStatus } from './ledger.ts';

/** Milliseconds: long enough for 25 sends one after another, short beside an hour of retries. */
export const LEASE_MS = 60_000;

/** Milliseconds from the end of an effect to the end of its mark, at most: it may have to wait for another mark, as long again. */
export const MARK_MS = 10_000;

/** An effect on the world outside. */
export interface ExternalEffect<Task, Refusal> {
  /** Names the task's effect, the same for every copy of it and for nothing else: the first of those that share one makes it. */
  readonly keyOf: (task: Task) => string;
  /**
   * Makes the effect, or answers why it never can be made. What it throws before it returns a promise was not begun.
   *
   * What it rejects with says what is known. Where nobody was asked, or the other side has answered, it was not made; else
   * it may have been (`isLostAnswer`), and is held back for minutes.
   */
  readonly act: (task: Task) => Promise<Refusal | undefined>;
  /** Milliseconds that `act` takes at most: it has to end by itself within them. Far below the lease of 60 seconds. */
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

const NOT_BEGUN = { kind: 'not-begun' } as const;

/**
 * Makes each task's effect once, as far as an external effect can be, 25 tasks at a time; those that were claimed before
 * are looked at last, all together. Answers for every task.
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
  const results = await claimAndAct(firsts, effect, { ...ports, ...actor, me: actor.id as Owner });
  return new Map(
    tasks.map((task) => {
      const key = effect.keyOf(task);
      const result = results.get(key) ?? unanswered();
      // Another task of the call has just made its effect.
      const isCopyOfMade = firsts.get(key) !== task && result.kind === 'made';
      return [task, isCopyOfMade ? { kind: 'settled', status: 'SENT' } : result];
    }),
  );
}

/** All steps for one task of each key, answered by key. */
async function claimAndAct<Task, Refusal>(
  tasks: ReadonlyMap<string, Task>,
  effect: ExternalEffect<Task, Refusal>,
  claimant: Claimant,
): Promise<Map<string, ActResult<Refusal>>> {
  const results = new Map<string, ActResult<Refusal>>();
  const act = async (claimed: readonly Claimed<Task>[]) => {
    for (const [key, result] of await actAndMark(claimed, effect, claimant)) results.set(key, result);
  };

  const met = new Map<string, Task>();
  for (const slice of chunksOf([...tasks], CLAIMS_AT_ONCE)) {
    if (claimant.isOver()) {
      for (const [key] of slice) results.set(key, NOT_BEGUN);
      continue;
    }
    const keys = slice.map(([key]) => key);
    const claims = await claimNew(keys, claimant);
    const claimed: Claimed<Task>[] = [];
    for (const [key, task] of slice) {
      const claim = claims.get(key) ?? unanswered();
      if (claim.kind === 'exists') met.set(key, task);
      else claimed.push({ key, task, claim });
    }
    await act(claimed);
  }
  if (met.size === 0) return results;

  const rows = await readMet([...met.keys()], claimant);
  for (const slice of chunksOf([...met], CLAIMS_AT_ONCE)) {
    const found = new Map(slice.map(([key]) => [key, rows.get(key) ?? unanswered()]));
    const claims = await takeOver(found, claimant);
    await act(slice.map(([key, task]) => ({ key, task, claim: claims.get(key) ?? unanswered() })));
  }
  return results;
}

/** Who asks the ledger. */
interface Asking extends ActOncePorts {
  readonly me: Owner;
  readonly signal: AbortSignal;
}
type Claimant = Asking & Pick<Actor, 'isOver'>;

interface Claimed<Task> {
  readonly key: string;
  readonly task: Task;
  readonly claim: ClaimResult;
}

function unanswered(): Extract<ClaimResult, { kind: 'failed' }> {
  return { kind: 'failed', error: new StatementError('NO_ANSWER', 'the ledger did not answer for a key') };
}

/** Steps 2 to 4 for what was claimed. */
async function actAndMark<Task, Refusal>(
  claimed: readonly Claimed<Task>[],
  effect: ExternalEffect<Task, Refusal>,
  claimant: Claimant,
): Promise<Map<string, ActResult<Refusal>>> {
  const { ledger, now, signal } = claimant;
  const mark = marking(ledger, signal);
  const acted = await mapConcurrently(claimed, effect.inFlight, async (one) => {
    const result = await act(one, effect, claimant);
    // In the place of the effect: so no more than `inFlight` are ever made and not marked.
    return { ...one, result: result.kind === 'made' ? { ...result, unmarked: await mark(one.key) } : result };
  });

  const inVain = acted.flatMap(({ key, claim, result }) =>
    claim.kind === 'granted' && result.kind !== 'made'
      ? [[key, { from: claim.claim, to: afterVain(claim.claim, result, now()) }] as const]
      : [],
  );
  // Giving back is a courtesy: where it fails, the lease runs out by itself.
  if (inVain.length > 0) await ledger.replace(new Map(inVain), signal);
  return new Map(acted.map(({ key, result }) => [key, result]));
}

// 1. Claim

/** What became of the wish to claim a key. */
export type ClaimResult =
  | { readonly kind: 'granted'; readonly claim: Claim }
  | Exclude<ClaimDecision, { kind: 'free' }>
  | { readonly kind: 'failed'; readonly error: StatementError };

/** A claim of `owner` from now on. */
export function newClaim(owner: Owner, now: number): Claim {
  return { status: 'CLAIMED', owner, leaseUntil: now + LEASE_MS, unanswered: 0 };
}

/** Claims the keys that nobody ever claimed; `exists` for the others. */
export async function claimNew(
  keys: readonly string[],
  { ledger, me, now, signal }: Asking,
): Promise<Map<string, ClaimResult | Extract<InsertOutcome, { kind: 'exists' }>>> {
  const claim = newClaim(me, now());
  const inserted = await ledger.insert(new Map(keys.map((key) => [key, claim])), signal);
  return new Map(
    [...inserted].map(([key, outcome]) => [
      key,
      outcome.kind === 'inserted' ? { kind: 'granted', claim } : outcome,
    ]),
  );
}

// 2. Act

/**
 * Whether an effect that takes at most `deadlineMs` may still begin under this claim. Begun later it could be marked after
 * somebody else has taken the claim over, and acted too.
 *
 * A second time: a process that is frozen between this look at the clock and its mark, for longer than the lease.
 */
export function mayBegin(claim: Claim, now: number, deadlineMs: number): boolean {
  return now + deadlineMs + MARK_MS <= claim.leaseUntil;
}

async function act<Task, Refusal>(
  { task, claim }: Claimed<Task>,
  effect: ExternalEffect<Task, Refusal>,
  { now, isOver }: Claimant,
): Promise<ActResult<Refusal>> {
  if (claim.kind === 'held') return { kind: 'held' };
  if (claim.kind !== 'granted') return claim;
  if (isOver() || !mayBegin(claim.claim, now(), effect.deadlineMs)) return NOT_BEGUN;
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

// 3. Mark

/**
 * Marks effects when they are made, each at once; those that come while a mark is being written go together with the next.
 *
 *     made    a        b c      d
 *     put     |-- a --|-- b, c --|-- d --|
 *
 * A second time: the process crashes between act and mark, or the mark can't be written (`unmarked`).
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

// 4. Give back, or hold back

/** What didn't happen is given back, so that the next attempt need not wait for the lease; what may have happened, held back. */
function afterVain(claim: Claim, result: ActResult<unknown>, now: number): Claim {
  const mayBeMade = result.kind === 'failed' && result.mayBeMade;
  return mayBeMade ? heldBack(claim, now) : givenBack(claim);
}

/**
 * The claim as its owner gives it back: free at once, on everybody's clock. The row stays and says who had it.
 *
 * A second time: the effect was made, although its answer was a failure.
 */
export function givenBack(claim: Claim): Claim {
  return { ...claim, leaseUntil: 0 };
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

// 5. Take over

/** What a row means for somebody who wants to make its effect. */
type ClaimDecision =
  /** The lease is past, or it is his own: he may act once he has replaced exactly this claim. */
  | { readonly kind: 'free'; readonly claim: Claim }
  /** Somebody else is at it. */
  | { readonly kind: 'held'; readonly claim: Claim }
  | { readonly kind: 'settled'; readonly status: SettledStatus };

/**
 * Decides about the row that an insertion met.
 *
 * A claim of my own is the trace of an earlier request of mine whose answer was lost: free, for me.
 */
function decideClaim(row: LedgerRow, me: Owner, now: number): ClaimDecision {
  if (row.status !== 'CLAIMED') return { kind: 'settled', status: row.status };
  const free = row.owner === me || row.leaseUntil <= now;
  return free ? { kind: 'free', claim: row } : { kind: 'held', claim: row };
}

/**
 * What `owner` makes of a claim that is free.
 *
 * Never the same lease again: a request to give back the old claim may still be under way, and must not meet it.
 */
export function takenOver(free: Claim, owner: Owner, now: number): Claim {
  return { ...free, owner, leaseUntil: Math.max(now + LEASE_MS, free.leaseUntil + 1) };
}

/** What a key that was claimed before is found to be. */
type MetRow = ClaimDecision | Extract<ClaimResult, { kind: 'failed' }>;

/** Looks at the keys that exist: settled, held or free. */
export async function readMet(
  keys: readonly string[],
  { ledger, me, now, signal }: Asking,
): Promise<Map<string, MetRow>> {
  const at = now();
  const rows = await ledger.read(keys, signal);
  return new Map(
    [...rows].map(([key, read]) => [key, read.kind === 'found' ? decideClaim(read.row, me, at) : read]),
  );
}

/**
 * Takes over the claims among `met` that are free; the others stay what they are.
 *
 * Whoever loses a race for a free claim finds it held by the winner.
 */
export async function takeOver(
  met: ReadonlyMap<string, MetRow>,
  { ledger, me, now, signal }: Asking,
): Promise<Map<string, ClaimResult>> {
  const at = now();
  const results = new Map<string, ClaimResult>();
  const changes = new Map<string, { from: Claim; to: Claim }>();
  for (const [key, row] of met) {
    if (row.kind === 'free') changes.set(key, { from: row.claim, to: takenOver(row.claim, me, at) });
    else results.set(key, row);
  }
  if (changes.size === 0) return results;
  const replaced = await ledger.replace(changes, signal);
  for (const [key, { to }] of changes) {
    const answer = replaced.get(key);
    if (answer !== undefined) results.set(key, afterReplace(answer, to, at));
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
      // The SDK sent this very request twice, because the first answer was lost.
      if (row !== undefined && isSameClaim(row, mine)) return { kind: 'granted', claim: mine };
      const decision = row && decideClaim(row, mine.owner, now);
      if (decision !== undefined && decision.kind !== 'free') return decision;
      // Taken over and given back, or deleted, by somebody else in the meantime: the next attempt may get it.
      const message = 'a claim changed while it was taken over';
      return { kind: 'failed', error: new StatementError('CLAIM_OVERTAKEN', message, { retriable: true }) };
    }
  }
}

/** Whether a row is still exactly that claim: what giving back and taking over are fenced by. */
function isSameClaim(row: LedgerRow, claim: Claim): boolean {
  return row.status === 'CLAIMED' && row.owner === claim.owner && row.leaseUntil === claim.leaseUntil;
}
