import type { Deliverable } from './queue.ts';
import type { Batch, GiveUp, Slice } from './state.ts';
import type { Verdict } from './verdict.ts';

/** What a mapping has done since the local cloud started, as its status tells it. */
export interface Tally {
  lastProcessingResult: string;
  /** Records handled. */
  delivered: number;
  batches: number;
  failedBatches: number;
  /** Records given up and sent to the on-failure destination. */
  deadLettered: number;
  /** Records given up and lost to the function. */
  dropped: number;
}

export function emptyTally(): Tally {
  return {
    lastProcessingResult: 'No records processed',
    delivered: 0,
    batches: 0,
    failedBatches: 0,
    deadLettered: 0,
    dropped: 0,
  };
}

/** Counts a batch that ended, `failed` of whose records come again or are given up. */
export function count(tally: Tally, batch: Batch<Deliverable>, verdict: Verdict, failed: number): void {
  const failedAsAWhole = verdict.kind === 'failed' || verdict.kind === 'not-invoked';
  tally.batches += 1;
  if (verdict.kind !== 'handled') tally.failedBatches += 1;
  tally.lastProcessingResult = failedAsAWhole ? 'PROBLEM: Function call failed' : 'OK';
  tally.delivered += records(batch) - failed;
}

/** Where records that were given up are. */
export type Fate = 'delivered' | 'dropped';

/** Counts records that were given up. */
export function countGivenUp(
  tally: Tally,
  givenUp: { readonly slices: readonly Slice<Deliverable>[] },
  fate: Fate,
): void {
  if (fate === 'delivered') tally.deadLettered += records(givenUp);
  else tally.dropped += records(givenUp);
}

function records({ slices }: { readonly slices: readonly Slice<Deliverable>[] }): number {
  return slices.reduce((sum, slice) => sum + slice.records.length, 0);
}

/** One line for a person about a batch that didn't succeed as a whole; it quotes nothing of the records or the error. */
export function failureLine(
  source: string,
  batch: Batch<Deliverable>,
  verdict: Exclude<Verdict, { kind: 'handled' }>,
  failed: number,
): string {
  const why = verdict.kind === 'partial' ? 'batch item failures' : verdict.cause;
  const where = batch.slices.map((slice) => slice.partition).join(', ');
  return `${source}: ${failed} of ${records(batch)} records of ${where} failed (${why}, attempt ${batch.attempt + 1})`;
}

/** One line for a person about records that were given up; `nameOf` names a record within its partition. */
export function giveUpLine<R extends Deliverable>(
  source: string,
  giveUp: GiveUp<R>,
  fate: string,
  nameOf: (record: R) => string | number,
): string {
  const where = giveUp.slices.map(({ partition, records: [first, ...others] }) => {
    const last = others.at(-1);
    const from = first === undefined ? '' : nameOf(first);
    return last === undefined ? `${partition}@${from}` : `${partition}@${from}..${nameOf(last)}`;
  });
  const size = records(giveUp);
  const what = `${size} ${size === 1 ? 'record' : 'records'} (${where.join(', ')})`;
  return `${source}: ${what} given up after ${giveUp.invocations} invocations (${giveUp.reason}), ${fate}`;
}
