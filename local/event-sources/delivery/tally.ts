import type { Deliverable } from './queue.ts';
import type { Batch } from './state.ts';
import type { Verdict } from './verdict.ts';

/** What a mapping has done since it started, as its status tells it. */
export interface Tally {
  lastProcessingResult: string;
  /** Records handled. */
  delivered: number;
  batches: number;
  failedBatches: number;
}

export function emptyTally(): Tally {
  return { lastProcessingResult: 'No records processed', delivered: 0, batches: 0, failedBatches: 0 };
}

/** Counts a batch that ended. */
export function count(tally: Tally, batch: Batch<Deliverable>, verdict: Verdict): void {
  tally.batches += 1;
  if (verdict.kind !== 'handled') tally.failedBatches += 1;
  tally.lastProcessingResult = verdict.kind === 'failed' ? 'PROBLEM: Function call failed' : 'OK';
  tally.delivered += handledRecords(batch, verdict);
}

function handledRecords(batch: Batch<Deliverable>, verdict: Verdict): number {
  switch (verdict.kind) {
    case 'handled':
      return records(batch);
    case 'failed':
      return 0;
    case 'partial':
      return batch.slices.reduce(
        (sum, slice) => sum + (verdict.retryFrom.get(slice.partition) ?? slice.records.length),
        0,
      );
  }
}

/** How many records a batch has. */
function records(batch: Batch<Deliverable>): number {
  return batch.slices.reduce((sum, slice) => sum + slice.records.length, 0);
}

/** One line for a person about a batch that didn't succeed as a whole; it quotes nothing of the records or the error. */
export function failureLine(
  source: string,
  batch: Batch<Deliverable>,
  verdict: Exclude<Verdict, { kind: 'handled' }>,
): string {
  const size = records(batch);
  const failed = size - handledRecords(batch, verdict);
  const why = verdict.kind === 'failed' ? verdict.cause : 'batch item failures';
  const where = batch.slices.map((slice) => slice.partition).join(', ');
  return `${source}: ${failed} of ${size} records of ${where} are delivered again (${why}, attempt ${batch.attempt + 1})`;
}
