import { isDeepStrictEqual } from 'node:util';
import type { EngineFacts } from '../assembly/scope.ts';
import { buckets } from './bucket.ts';
import { clusters } from './cluster.ts';
import { emailIdentities } from './email-identity.ts';
import { mappings } from './event-source-mapping.ts';
import { type FunctionModel, functions, isSameFunction } from './function.ts';
import { httpApis } from './http-api.ts';
import { namedOnly } from './named-only.ts';
import type { Part, ProvisioningEngine, ResourceType, TypeFacts } from './resource-type.ts';
import { schedules } from './schedule.ts';
import { tables } from './table.ts';
import { topics } from './topic.ts';

/** Every type that is emulated, under the name that its models have in the model of an app; in the order it is told of. */
const resourceTypes = {
  functions,
  mappings,
  tables,
  topics,
  buckets,
  apis: httpApis,
  schedules,
  emailIdentities,
  clusters,
};

/** What an app has of each type. */
export type Models = {
  readonly [kind in keyof typeof resourceTypes]: (typeof resourceTypes)[kind] extends ResourceType<
    infer Model
  >
    ? readonly Model[]
    : never;
};

const entries = Object.entries<ResourceType<Part>>(resourceTypes) as readonly [
  keyof Models,
  ResourceType<Part>,
][];

/** The types in the order in which they are told of. */
export const kinds: readonly ResourceType<Part>[] = entries.map(([, type]) => type);

const facts: ReadonlyMap<string, TypeFacts> = new Map(
  [...kinds.map(({ types }) => types), namedOnly].flatMap((types) => Object.entries(types)),
);

/** What is known of a CloudFormation type; `undefined` if nothing is. */
export function factsOf(type: string): TypeFacts | undefined {
  return facts.get(type);
}

/** Does the same with every type, and tells what came of it by kind. */
export function modelsByKind(of: (type: ResourceType<Part>) => readonly Part[]): Models {
  // A type gives models of its own kind and no other.
  return Object.fromEntries(entries.map(([kind, type]) => [kind, of(type)])) as unknown as Models;
}

/**
 * Makes everything of an app exist in the engine, and tells what is known of the engine only then. PROVISIONING_FAILED
 * names what can't be made or adopted.
 */
export async function provision(
  engine: ProvisioningEngine,
  models: Partial<Models>,
): Promise<Partial<EngineFacts>> {
  const known = await Promise.all(
    entries.map(([kind, type]) => {
      const wanted = models[kind] ?? [];
      return wanted.length === 0 ? {} : type.provision?.(engine, wanted);
    }),
  );
  return Object.assign({}, ...known);
}

/** What a newer model of the same app comes to while the older one runs. */
export interface ModelDifference {
  /** Functions with another code or other settings under the name they had. */
  readonly replaceable: readonly FunctionModel[];
  /** What else is different and waits for a restart: `table App/Orders is new`. */
  readonly restart: readonly string[];
}

/** Compares two models by the construct paths of what they hold. */
export function modelDifference(before: Models, after: Models): ModelDifference {
  const replaceable = after.functions.filter((fn) =>
    before.functions.some((old) => isSameFunction(old, fn) && !isDeepStrictEqual(old, fn)),
  );
  const isReplaceable = new Set<Part>(replaceable);
  const restart = entries.flatMap(([kind, { word }]) => {
    const paths = new Set([...before[kind], ...after[kind]].map(({ path }) => path));
    return [...paths].flatMap((path) => {
      const [old, now] = [before[kind], after[kind]].map((all: readonly Part[]) =>
        all.filter((part) => part.path === path),
      );
      if (isDeepStrictEqual(old, now) || now?.some((part) => isReplaceable.has(part))) return [];
      if (old?.length === 0) return [`${word} ${path} is new`];
      return [`${word} ${path} ${now?.length === 0 ? 'is gone' : 'has changed'}`];
    });
  });
  return { replaceable, restart };
}
