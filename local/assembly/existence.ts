import type { Resource } from './assembly.ts';
import { unresolvedFinding } from './findings.ts';
import type { Finding } from './model.ts';
import type { Scope } from './scope.ts';

/** The resources whose condition holds, or cannot be told: stack by stack, in the order of their templates. */
export function existingResources(scope: Scope): Resource[] {
  return scope.assembly.stacks
    .flatMap((stack) => [...stack.resources.values()])
    .filter((resource) => {
      const exists = scope.exists(resource);
      return !exists.resolved || exists.value === true;
    });
}

/** A finding for each of the resources of which it cannot be told whether they exist; accepted, they do. */
export function doubtfulConditions(scope: Scope, resources: readonly Resource[]): Finding[] {
  return resources.flatMap((resource) => {
    const exists = scope.exists(resource);
    return exists.resolved ? [] : [unresolvedFinding(resource, 'Condition', exists)];
  });
}
