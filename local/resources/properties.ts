import { z } from 'zod';
import type { Resource } from '../assembly/assembly.ts';
import { type Finding, findingOn, unresolvedFinding } from '../assembly/findings.ts';
import { isIntrinsic, onlyEntry } from '../assembly/intrinsics.ts';
import { isRecord } from '../assembly/resolution.ts';
import type { Scope } from '../assembly/scope.ts';

/** What the local cloud makes of one property of a resource type, and the value that reading it gives. */
export type Property<Value = unknown> = Judgement & { readonly schema: z.ZodType<Value> };

type Judgement =
  /** Its value decides what runs. */
  | { readonly kind: 'honoured' }
  /** A map whose entries are honoured one by one, so that one unknown value doesn't hide the others. */
  | { readonly kind: 'entries' }
  /** Any value is fine; `reason` says why nothing behaves differently for it. */
  | { readonly kind: 'harmless'; readonly reason: string }
  /** Only these values (usually the service's default) are fine; `reason` says what another would need. */
  | { readonly kind: 'only'; readonly values: readonly unknown[]; readonly reason: string }
  /** An object, or a list of objects, judged part by part. */
  | { readonly kind: 'parts'; readonly of: Properties };

/** A type's properties by name. One that is not in it is a finding. */
export type Properties = Readonly<Record<string, Property>>;

/** What reading properties gives. */
export type ValuesOf<P extends Properties> = {
  readonly [name in keyof P]: P[name] extends Property<infer Value> ? Value : never;
};

const anything = z.unknown().optional();

/** Its value has to be known and of this shape. Without one, it is read elsewhere: as a name, for example. */
export function honoured(): Property;
export function honoured<Value>(schema: z.ZodType<Value>): Property<Value>;
export function honoured(schema: z.ZodType = anything): Property {
  return { kind: 'honoured', schema };
}

export const entries: Property<Readonly<Record<string, unknown>>> = {
  kind: 'entries',
  schema: z.record(z.string(), z.unknown()).default({}),
};

/** @param schema where something has to be there: what isn't one of the values by default */
export function only(values: readonly unknown[], reason: string, schema: z.ZodType = anything): Property {
  return { kind: 'only', values, reason, schema };
}

/** No value of these properties is fine: `reason` says what one would need. */
export const refused = <Name extends string>(reason: string, ...names: readonly Name[]) =>
  each(only([], reason), names);

/** Any value of these properties is fine: `reason` says why nothing behaves differently for it. */
export const harmless = <Name extends string>(reason: string, ...names: readonly Name[]) =>
  each({ kind: 'harmless', reason, schema: anything }, names);

function each<Name extends string>(property: Property, names: readonly Name[]) {
  return Object.fromEntries(names.map((name) => [name, property])) as Readonly<Record<Name, Property>>;
}

/** Parts that are there even if the template doesn't write them: as an empty object. */
export const parts = <P extends Properties>(of: P): Property<ValuesOf<P>> => ({
  kind: 'parts',
  of,
  schema: schemaOf(of).prefault({}),
});

export const requiredParts = <P extends Properties>(of: P): Property<ValuesOf<P>> => ({
  kind: 'parts',
  of,
  schema: schemaOf(of),
});

export const optionalParts = <P extends Properties>(of: P): Property<ValuesOf<P> | undefined> => ({
  kind: 'parts',
  of,
  schema: schemaOf(of).optional(),
});

export const listOf = <P extends Properties>(of: P): Property<readonly ValuesOf<P>[]> => ({
  kind: 'parts',
  of,
  schema: z.array(schemaOf(of)).default([]),
});

function schemaOf<P extends Properties>(of: P): z.ZodType<ValuesOf<P>> {
  const shape = Object.fromEntries(Object.entries(of).map(([name, { schema }]) => [name, schema]));
  // Its keys are those of `of`, each with its own value.
  return z.object(shape) as unknown as z.ZodType<ValuesOf<P>>;
}

const because =
  (reason: string) =>
  <Name extends string>(...names: readonly Name[]) =>
    harmless(reason, ...names);

export const label = because('a label, nothing runs differently for it');
export const iam = because('IAM is not enforced here');
export const encryption = because('nothing is encrypted at rest here');
export const network = because('the network is not emulated: functions reach the engine directly');
export const logging = because('output is captured as the function writes it');
export const metrics = because('CloudWatch is not emulated');
export const throughput = because('throughput is not limited here');

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

/** The values that are honoured or the only ones allowed, shaped like the properties; and what is not honoured. */
interface Judged {
  readonly values: Readonly<Record<string, unknown>>;
  readonly findings: readonly Finding[];
}

/**
 * Judges every property of a resource by what its type says of it, resolves those that are honoured, and gives them their
 * types. `value` is `undefined` if one is not in the shape that it should have.
 *
 * A property that has a finding already is not reported a second time.
 */
export function readProperties<P extends Properties>(
  scope: Scope,
  resource: Resource,
  properties: P,
): { readonly value: ValuesOf<P> | undefined; readonly findings: readonly Finding[] } {
  const { values, findings } = judgeParts(scope, resource, properties, resource.properties, '');
  const parsed = schemaOf(properties).safeParse(values, {
    error: ({ input }) => (input === undefined ? 'it is missing' : undefined),
  });
  if (parsed.success) return { value: parsed.data, findings };
  const reported = findings.map(({ property }) => property ?? '');
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
  return { value: undefined, findings: [...findings, ...wrong] };
}

function judgeParts(
  scope: Scope,
  resource: Resource,
  properties: Properties,
  parts: Readonly<Record<string, unknown>>,
  prefix: string,
): Judged {
  const values: Record<string, unknown> = {};
  const findings: Finding[] = [];
  for (const [name, raw] of Object.entries(parts)) {
    const support = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const judged = judgeProperty(scope, resource, support, raw, `${prefix}${name}`);
    findings.push(...judged.findings);
    if (judged.value !== undefined) values[name] = judged.value;
  }
  return { values, findings };
}

interface JudgedProperty {
  readonly value?: unknown;
  readonly findings: readonly Finding[];
}

function judgeProperty(
  scope: Scope,
  resource: Resource,
  support: Property | undefined,
  raw: unknown,
  property: string,
): JudgedProperty {
  switch (support?.kind) {
    case 'harmless':
      return { findings: [] };
    case 'honoured':
      return resolveHonoured(scope, resource, raw, property);
    case 'entries':
      return inside(scope, resource, raw, property, (entries) => {
        const every = Object.fromEntries(Object.keys(entries).map((name) => [name, honoured()]));
        return judgeParts(scope, resource, every, entries, `${property}.`);
      });
    case 'parts':
      return inside(scope, resource, raw, property, (parts, at) =>
        judgeParts(scope, resource, support.of, parts, `${at}.`),
      );
    case 'only':
      return refusedUnless(scope, resource, support.values, raw, property, support.reason);
    case undefined:
      return refusedUnless(scope, resource, [], raw, property, 'this property is not known here');
  }
}

function resolveHonoured(scope: Scope, resource: Resource, raw: unknown, property: string): JudgedProperty {
  const resolution = scope.resolve(resource.stackId, raw);
  return resolution.resolved
    ? { value: resolution.value, findings: [] }
    : { findings: [unresolvedFinding(resource, property, resolution)] };
}

/** Goes into an object or a list of objects; one that an intrinsic stands for is resolved as a whole first. */
function inside(
  scope: Scope,
  resource: Resource,
  raw: unknown,
  property: string,
  judgeObject: (parts: Readonly<Record<string, unknown>>, at: string) => Judged,
): JudgedProperty {
  const [key = ''] = onlyEntry(raw) ?? [];
  if (isIntrinsic(key)) {
    const whole = resolveHonoured(scope, resource, raw, property);
    return whole.value === undefined ? whole : inside(scope, resource, whole.value, property, judgeObject);
  }
  if (Array.isArray(raw)) {
    const members = raw.map((member, at) =>
      inside(scope, resource, member, `${property}.${at}`, judgeObject),
    );
    return {
      value: members.map(({ value }) => value),
      findings: members.flatMap(({ findings }) => findings),
    };
  }
  if (!isRecord(raw)) return { value: raw, findings: [] };
  const { values, findings } = judgeObject(raw, property);
  return { value: values, findings };
}

function refusedUnless(
  scope: Scope,
  resource: Resource,
  allowed: readonly unknown[],
  raw: unknown,
  property: string,
  reason: string,
): JudgedProperty {
  const resolution = scope.resolve(resource.stackId, raw);
  if (!resolution.resolved) return { findings: [unresolvedFinding(resource, property, resolution)] };
  const { value } = resolution;
  // An empty list or object asks for nothing, and `AWS::NoValue` is not there.
  if (isEmpty(value) || allowed.some((candidate) => sameValue(candidate, value))) {
    return { value, findings: [] };
  }
  return { findings: [findingOn(resource, property, reason)] };
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
  );
}

/** Templates may write `30` as `"30"` and `true` as `"true"`. */
function sameValue(expected: unknown, actual: unknown): boolean {
  return typeof expected === 'object' || typeof actual === 'object'
    ? JSON.stringify(expected) === JSON.stringify(actual)
    : String(expected) === String(actual);
}
