import { findingOn } from './findings.ts';
import type { Finding } from './model.ts';
import type { ReadResource } from './reading.ts';

/**
 * A finding for each resource whose physical name an earlier one of its kind has: two stages of one app with names
 * written out, for example, which would be in two accounts on AWS and are in one here.
 *
 * @param property the property that gives the name
 */
export function nameClashes(
  readings: readonly ReadResource<{ readonly name: string }>[],
  property: string,
): Finding[] {
  const first = new Map<string, string>();
  const findings: Finding[] = [];
  for (const { resource, model } of readings) {
    if (model === undefined) continue;
    const earlier = first.get(model.name);
    if (earlier === undefined) {
      first.set(model.name, resource.path);
      continue;
    }
    const message = `${earlier} has the name ${model.name} too; to run one stage alone, pass its own assembly folder`;
    findings.push(findingOn(resource, property, message));
  }
  return findings;
}

/** Without the later ones of equal names: one place here, one thing of a name. */
export function firstOfEachName<Model extends { readonly name: string }>(models: readonly Model[]): Model[] {
  return models.filter(({ name }, at) => models.findIndex((other) => other.name === name) === at);
}
