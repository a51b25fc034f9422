/**
 * What a template value comes to. A value that cannot be resolved is a result, not an exception: it matters only if
 * something that runs needs it.
 *
 * `value` is `undefined` for `AWS::NoValue`: the property is as good as not there.
 */
export type Resolution =
  | { readonly resolved: true; readonly value: unknown }
  | {
      readonly resolved: false;
      /** The intrinsic as it stands in the template, e.g. `{"Ref":"Stage"}`. */
      readonly expression: string;
      readonly reason: string;
    };

export function resolved(value: unknown): Resolution {
  return { resolved: true, value };
}

export function unresolved(expression: unknown, reason: string): Resolution {
  return { resolved: false, expression: JSON.stringify(expression), reason };
}

/** Goes on with a resolved value, or hands the unresolved one through. */
export function whenResolved(resolution: Resolution, next: (value: unknown) => Resolution): Resolution {
  return resolution.resolved ? next(resolution.value) : resolution;
}

/** Goes on with all values, or hands the first unresolved one through. */
export function whenAllResolved(
  resolutions: readonly Resolution[],
  next: (values: readonly unknown[]) => Resolution,
): Resolution {
  const values: unknown[] = [];
  for (const resolution of resolutions) {
    if (!resolution.resolved) return resolution;
    values.push(resolution.value);
  }
  return next(values);
}

/** A list's or map's member that is `AWS::NoValue` is as if it had not been written. */
export function isPresent(value: unknown): boolean {
  return value !== undefined;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** CloudFormation's scalars as text: strings, numbers and booleans; `undefined` for anything else. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}
