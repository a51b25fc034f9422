import { z } from 'zod';
import type { Resource } from './assembly.ts';
import { findingOn } from './findings.ts';
import type { Finding } from './model.ts';

/** A number as templates write it: `30` or `"30"`. */
export const numberInTemplate = z.union([
  z.number(),
  z
    .string()
    .regex(/^-?\d+(\.\d+)?$/)
    .transform(Number),
]);

/** A boolean as templates write it: `true` or `"true"`. */
export const booleanInTemplate = z.union([
  z.boolean(),
  z.enum(['true', 'false']).transform((text) => text === 'true'),
]);

/** A text that is not empty. */
export const textInTemplate = z.string().min(1);

/** A resource's honoured values in the shape its type has; `undefined` with findings if they are not in that shape. */
export interface Shaped<T> {
  readonly value: T | undefined;
  readonly findings: readonly Finding[];
}

/**
 * Gives a resource's honoured values their types.
 *
 * A property that has a finding already is not reported a second time.
 */
export function shaped<T>(
  resource: Resource,
  judged: { readonly values: unknown; readonly findings: readonly Finding[] },
  schema: z.ZodType<T>,
): Shaped<T> {
  const parsed = schema.safeParse(judged.values, {
    error: ({ input }) => (input === undefined ? 'it is missing' : undefined),
  });
  if (parsed.success) return { value: parsed.data, findings: judged.findings };
  const reported = judged.findings.map(({ property }) => property ?? '');
  const wrong = parsed.error.issues
    .map((issue) =>
      findingOn(
        resource,
        issue.path.join('.') || undefined,
        `the template's value cannot be used: ${issue.message}`,
      ),
    )
    .filter(
      ({ property = '' }) =>
        !reported.some((known) => known === property || known.startsWith(`${property}.`)),
    );
  return { value: undefined, findings: [...judged.findings, ...wrong] };
}
