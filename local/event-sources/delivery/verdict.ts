import type { InvocationResult } from '../../lambda/invocation.ts';
import { batchItemFailures } from './batch-item-failures.ts';

import type { Deliverable } from './queue.ts';
import type { Batch, PartitionKey } from './state.ts';

/** What an invocation means for the records of its batch. */
export type Verdict =
  | { readonly kind: 'handled' }
  /** The whole batch again. */
  | { readonly kind: 'failed'; readonly cause: FailureCause }
  /** For each partition named, from the record at that index of its slice on; everything else is handled. */
  | { readonly kind: 'partial'; readonly retryFrom: ReadonlyMap<PartitionKey, number> };

/** Why a whole batch failed. `throttled` and `not-invoked` never reached the function. */
type FailureCause = 'function-error' | 'throttled' | 'malformed-response' | 'not-invoked';

/** Finds the record a batch item failure names: its partition and the index in that slice, or undefined. */
export type Locate<R extends Deliverable> = (
  batch: Batch<R>,
  itemIdentifier: unknown,
) => { readonly partition: PartitionKey; readonly index: number } | undefined;

/**
 * Decides what an invocation's end means.
 *
 * Documented (https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html): a function error fails the
 * whole batch; without `ReportBatchItemFailures` the return value is ignored; an empty or null response is a success; an
 * unknown partition or offset fails the whole batch. Inferred: a failed record is a checkpoint, as with Kinesis, so its
 * partition is redelivered from the lowest one on, later records included; and any malformed identifier fails the
 * whole batch.
 */
export function judge<R extends Deliverable>(
  batch: Batch<R>,
  result: InvocationResult,
  rules: { readonly partialResponses: boolean; readonly locate: Locate<R> },
): Verdict {
  switch (result.kind) {
    case 'function-error':
      return { kind: 'failed', cause: 'function-error' };
    case 'throttled':
      return { kind: 'failed', cause: 'throttled' };
    case 'success':
      return rules.partialResponses
        ? judgeResponse(batch, result.payload, rules.locate)
        : { kind: 'handled' };
  }
}

function judgeResponse<R extends Deliverable>(
  batch: Batch<R>,
  payload: Uint8Array,
  locate: Locate<R>,
): Verdict {
  const identifiers = batchItemFailures(payload);
  if (identifiers === 'malformed') return { kind: 'failed', cause: 'malformed-response' };
  if (identifiers.length === 0) return { kind: 'handled' };
  const retryFrom = new Map<PartitionKey, number>();
  for (const identifier of identifiers) {
    const failed = locate(batch, identifier);
    if (failed === undefined) return { kind: 'failed', cause: 'malformed-response' };
    const lowest = retryFrom.get(failed.partition) ?? failed.index;
    retryFrom.set(failed.partition, Math.min(lowest, failed.index));
  }
  return { kind: 'partial', retryFrom };
}
