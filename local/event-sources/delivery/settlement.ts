import type { Deliverable } from './queue.ts';
import {
  type Batch,
  type DeliveryAction,
  type DeliveryRules,
  type DeliveryState,
  givenUp,
  type Held,
  type LastResult,
  type Past,
  replace,
  type Slice,
  stillOwned,
} from './state.ts';
import type { Verdict } from './verdict.ts';

/** Ends a batch: what is handled and still owned is committed, the rest is lined up again or given up. */
export function settle<R extends Deliverable>(
  state: DeliveryState<R>,
  batchId: number,
  verdict: Verdict,
  now: number,
): DeliveryAction<R>[] {
  const held = state.held.get(batchId);
  return held?.kind === 'in-flight' ? replace(state, held, remainders(state, held.batch, verdict, now)) : [];
}

/** Ends a give-up: as far as the partition goes, its records are handled. */
export function settleGiveUp<R extends Deliverable>(
  state: DeliveryState<R>,
  id: number,
): DeliveryAction<R>[] {
  const held = state.held.get(id);
  return held?.kind === 'given-up' ? replace(state, held, []) : [];
}

/** What is left of a batch, in the order in which it is sent. */
function remainders<R extends Deliverable>(
  state: DeliveryState<R>,
  batch: Batch<R>,
  verdict: Verdict,
  now: number,
): Held<R>[] {
  const slices = stillOwned(state, batch.slices);
  if (slices.length === 0) return [];
  const wait = (past: Past, again: readonly Slice<R>[]): Held<R> => ({
    kind: 'waiting',
    batch: { ...past, id: state.nextId++, poller: batch.poller, slices: again },
    dueAt: now + state.rules.backOffMs(batch.attempt + 1),
  });
  const retryOrGiveUp = (lastResult: LastResult, again: readonly Slice<R>[]): Held<R> => {
    const past = { ...invoked(batch, lastResult), attempt: batch.attempt + 1, retries: batch.retries + 1 };
    const { maximumRetryAttempts } = state.rules;
    return maximumRetryAttempts !== 'infinite' && past.retries > maximumRetryAttempts
      ? givenUp(state, 'retries-exhausted', past, again)
      : wait(past, again);
  };

  switch (verdict.kind) {
    case 'handled':
      return [];
    case 'not-invoked':
      return [wait({ ...batch, attempt: batch.attempt + 1 }, slices)];
    case 'failed': {
      const lastResult = { requestId: verdict.requestId, functionError: verdict.cause === 'function-error' };
      const [first, second] = state.rules.bisect ? halves(slices) : [];
      if (first === undefined || second === undefined) return [retryOrGiveUp(lastResult, slices)];
      const past = invoked(batch, lastResult);
      return [wait(past, first), wait(past, second)];
    }
    case 'partial': {
      const lastResult = { requestId: verdict.requestId, functionError: false };
      // Each partition by itself, so that one that keeps failing doesn't hold another.
      return slices.flatMap((slice) => {
        const records = failedRecords(slice, verdict.failed.get(slice.partition), state.rules);
        return records.length === 0 ? [] : [retryOrGiveUp(lastResult, [{ ...slice, records }])];
      });
    }
  }
}

/** Which records of a slice a partial failure brings again. */
function failedRecords<R extends Deliverable>(
  { records }: Slice<R>,
  failed: ReadonlySet<number> = new Set(),
  { partialResponse }: Pick<DeliveryRules, 'partialResponse'>,
): readonly R[] {
  switch (partialResponse) {
    case 'checkpoint':
      return records.slice(Math.min(...failed, records.length));
    case 'selective':
      return records.filter((_, index) => failed.has(index));
  }
}

/** How many records of a batch have to be delivered again, or given up. */
export function failures(
  rules: Pick<DeliveryRules, 'partialResponse'>,
  batch: Batch<Deliverable>,
  verdict: Verdict,
): number {
  const counted = (of: (slice: Slice<Deliverable>) => readonly Deliverable[]) =>
    batch.slices.reduce((sum, slice) => sum + of(slice).length, 0);
  switch (verdict.kind) {
    case 'handled':
      return 0;
    case 'not-invoked':
    case 'failed':
      return counted(({ records }) => records);
    case 'partial':
      return counted((slice) => failedRecords(slice, verdict.failed.get(slice.partition), rules));
  }
}

function invoked(past: Past, lastResult: LastResult): Past {
  const { attempt, retries, invocations } = past;
  return { attempt, retries, invocations: invocations + 1, lastResult };
}

/**
 * Splits records in two: several partitions between two of them, as near to the middle as can be, so that none waits for
 * another one's poison; a single one in the middle, and its first half is then sent first. Undefined for a single record.
 *
 * Inferred: AWS says for Kafka only that a batch is split in two, and for Kinesis that a split uses up no retry.
 */
function halves<R extends Deliverable>(
  slices: readonly Slice<R>[],
): readonly [readonly Slice<R>[], readonly Slice<R>[]] | readonly [] {
  const [only, ...others] = slices;
  if (only === undefined) return [];
  if (others.length === 0) {
    const { records } = only;
    if (records.length < 2) return [];
    const middle = Math.ceil(records.length / 2);
    return [[{ ...only, records: records.slice(0, middle) }], [{ ...only, records: records.slice(middle) }]];
  }
  const size = (some: readonly Slice<R>[]) => some.reduce((sum, { records }) => sum + records.length, 0);
  const imbalance = (cut: number) => Math.abs(2 * size(slices.slice(0, cut)) - size(slices));
  const cuts = others.map((_, index) => index + 1);
  const best = cuts.reduce((one, other) => (imbalance(other) < imbalance(one) ? other : one));
  return [slices.slice(0, best), slices.slice(best)];
}

const FIRST_MS = 200;

/**
 * Milliseconds to wait before the given attempt (1 is the first retry): doubling from 200 ms to `longestMs`, the upper
 * half of each step at random. `random` is in [0, 1). Invented: AWS publishes no schedule.
 */
export function backOffMs(attempt: number, random: number, longestMs = 20_000): number {
  const step = Math.min(longestMs, FIRST_MS * 2 ** (attempt - 1));
  return Math.round(step * (0.5 + random / 2));
}
