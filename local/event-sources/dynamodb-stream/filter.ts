import { z } from 'zod';
import { LocalCloudError } from '../../errors.ts';
import type { FilterPattern } from '../../resources/stream-mapping.ts';

type Scalar = string | number | boolean | null;
type Exact = { readonly [key: string]: Exact | readonly Scalar[] };

const scalars = z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])).min(1);
const exact: z.ZodType<Exact> = z.lazy(() => z.record(z.string(), z.union([scalars, exact])));

/**
 * Makes a filter of event patterns: a record passes if any of them matches it; without patterns all pass.
 *
 * Exact matches only: objects down to lists of the values allowed; all fields named must match
 * (https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html). An operator such as `prefix` is an
 * `ASSEMBLY_NOT_HONOURED`, never ignored.
 */
export function recordFilter(patterns: readonly FilterPattern[]): (record: object) => boolean {
  const parsed = patterns.map((pattern) => {
    const result = exact.safeParse(pattern);
    if (result.success) return result.data;
    throw new LocalCloudError(
      'ASSEMBLY_NOT_HONOURED',
      `Filter pattern ${JSON.stringify(pattern)} is not one of exact values only.`,
    );
  });
  return (record) => parsed.length === 0 || parsed.some((pattern) => matches(pattern, record));
}

function matches(pattern: Exact, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const fields = new Map<string, unknown>(Object.entries(value));
  return Object.entries(pattern).every(([key, wanted]) => {
    const actual = fields.get(key);
    return isList(wanted) ? isAllowed(wanted, actual) : matches(wanted, actual);
  });
}

function isList(wanted: Exact | readonly Scalar[]): wanted is readonly Scalar[] {
  return Array.isArray(wanted);
}

/** A list in the record matches if one of its elements does. */
function isAllowed(allowed: readonly Scalar[], actual: unknown): boolean {
  const isOne = (value: unknown) => allowed.some((scalar) => scalar === value);
  return Array.isArray(actual) ? actual.some(isOne) : isOne(actual);
}
