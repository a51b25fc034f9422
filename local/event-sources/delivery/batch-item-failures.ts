import { z } from 'zod';

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
  const parsed = response.safeParse(parseJson(payload));
  if (!parsed.success) return 'malformed';
  return parsed.data?.batchItemFailures?.map((failure) => failure.itemIdentifier) ?? [];
}

/** `undefined`, which is no JSON value, stands for bytes that aren't JSON. */
function parseJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8'));
  } catch {
    return undefined;
  }
}
