import { isDeepStrictEqual } from 'node:util';
import type { CloudModel, FunctionModel } from './assembly/model.ts';

/** What a newer model of the same app comes to while the older one runs. */
export interface ModelDifference {
  /** Functions with another code or other settings under the name they had. */
  readonly replaceable: readonly FunctionModel[];
  /** What else is different and waits for a restart: `table App/Orders is new`. */
  readonly restart: readonly string[];
}

interface Part {
  readonly path: string;
}

const parts: readonly (readonly [word: string, of: (model: CloudModel) => readonly Part[]])[] = [
  ['function', ({ functions }) => functions],
  ['event source mapping', ({ mappings }) => mappings],
  ['table', ({ tables }) => tables],
  ['topic', ({ topics }) => topics],
  ['bucket', ({ buckets }) => buckets],
  ['HTTP API', ({ apis }) => apis],
  ['schedule', ({ schedules }) => schedules],
  ['email identity', ({ emailIdentities }) => emailIdentities],
];

/** Compares two models by the construct paths of what they hold. */
export function modelDifference(before: CloudModel, after: CloudModel): ModelDifference {
  const replaceable = after.functions.filter((fn) =>
    before.functions.some((old) => isSameFunction(old, fn) && !isDeepStrictEqual(old, fn)),
  );
  const restart = parts.flatMap(([word, of]) => changes(word, of(before), of(after)));
  return { replaceable, restart };

  function changes(word: string, olds: readonly Part[], news: readonly Part[]): string[] {
    const paths = new Set([...olds, ...news].map(({ path }) => path));
    return [...paths].flatMap((path) => {
      const [old, now] = [olds, news].map((all) => all.filter((part) => part.path === path));
      if (isDeepStrictEqual(old, now) || replaceable.some((fn) => now?.includes(fn))) return [];
      if (old?.length === 0) return [`${word} ${path} is new`];
      return [`${word} ${path} ${now?.length === 0 ? 'is gone' : 'has changed'}`];
    });
  }
}

function isSameFunction(one: FunctionModel, other: FunctionModel): boolean {
  return one.name === other.name && one.arn === other.arn && one.path === other.path;
}
