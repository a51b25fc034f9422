import { z } from 'zod';
import { tryJson } from '../../json.ts';
import type { InvocationResult } from '../../lambda/invocation.ts';
import type { Deliverable } from './queue.ts';
import type { Batch, PartitionKey } from './state.ts';

/** What an invocation means for the records of its batch. */
export type Verdict =
  | { readonly kind: 'handled' }
  /** The batch never reached the function. */
  | { readonly kind: 'not-invoked'; readonly cause: 'throttled' | 'host-stopping' }
  /** The batch failed as a whole. */
  | {
      readonly kind: 'failed';
      readonly cause: 'function-error' | 'malformed-response';
      readonly requestId: string;
    }
  /** Of each partition named, the records at these indexes of its slice failed. */
  | {
      readonly kind: 'partial';
      readonly failed: ReadonlyMap<PartitionKey, ReadonlySet<number>>;
      readonly requestId: string;
    };

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
 * unknown partition or offset fails the whole batch. Inferred: so does any malformed identifier.
 */
export function judge<R extends Deliverable>(
  batch: Batch<R>,
  result: InvocationResult,
  rules: { readonly partialResponses: boolean; readonly locate: Locate<R> },
): Verdict {
  switch (result.kind) {
    case 'function-error':
      return { kind: 'failed', cause: 'function-error', requestId: result.requestId };
    case 'throttled':
      return { kind: 'not-invoked', cause: 'throttled' };
    case 'success':
      return rules.partialResponses ? judgeResponse(batch, result, rules.locate) : { kind: 'handled' };
  }
}

function judgeResponse<R extends Deliverable>(
  batch: Batch<R>,
  { payload, requestId }: Extract<InvocationResult, { kind: 'success' }>,
  locate: Locate<R>,
): Verdict {
  const malformed = { kind: 'failed', cause: 'malformed-response', requestId } as const;
  const identifiers = batchItemFailures(payload);
  if (identifiers === 'malformed') return malformed;
  if (identifiers.length === 0) return { kind: 'handled' };
  const failed = new Map<PartitionKey, Set<number>>();
  for (const identifier of identifiers) {
    const found = locate(batch, identifier);
    if (found === undefined) return malformed;
    const indexes = failed.get(found.partition);
    if (indexes === undefined) failed.set(found.partition, new Set([found.index]));
    else indexes.add(found.index);
  }
  return { kind: 'partial', failed, requestId };
}

/** Absent, null and empty all mean success, for the response as for its list. */
const response = z
  .object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.unknown() })).nullish() })
  .nullable();

/**
 * The `itemIdentifier`s of a function's response, unjudged; `malformed` where it isn't a batch response at all.
 *
 * An object without `batchItemFailures` names none, so it is a success. A string, a number or a list is malformed
 * (inferred: AWS documents it for no source but says "empty valid JSON" is a success).
 */
export function batchItemFailures(payload: Uint8Array): readonly unknown[] | 'malformed' {
  if (payload.byteLength === 0) return [];
  const parsed = response.safeParse(tryJson(payload));
  if (!parsed.success) return 'malformed';
  return parsed.data?.batchItemFailures?.map((failure) => failure.itemIdentifier) ?? [];
}
