import type { Resource } from './assembly.ts';
import type { Finding } from './model.ts';

/** What a resource was read to be: `model` is `undefined` if it cannot run here, which is not always worth a finding. */
export interface Reading<Model> {
  readonly model: Model | undefined;
  readonly findings: readonly Finding[];
}

/** A reading with the resource it came from. */
export interface ReadResource<Model> extends Reading<Model> {
  readonly resource: Resource;
}

/** Reads resources one by one, keeping each beside its reading. */
export function readEach<Model>(
  resources: readonly Resource[],
  read: (resource: Resource) => Reading<Model>,
): ReadResource<Model>[] {
  return resources.map((resource) => ({ resource, ...read(resource) }));
}

export function modelsOf<Model>(readings: readonly Reading<Model>[]): Model[] {
  return readings.flatMap(({ model }) => (model === undefined ? [] : [model]));
}

export function findingsOf(readings: readonly Reading<unknown>[]): Finding[] {
  return readings.flatMap(({ findings }) => findings);
}
