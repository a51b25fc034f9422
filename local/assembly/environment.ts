import type { Resource } from './assembly.ts';
import type { Finding } from './model.ts';
import { isRecord } from './resolution.ts';

/**
 * Environment variables that replace or add to a function's own, by the function's logical id or construct path.
 *
 * It is how an app is pointed at local parts that its template cannot name, e.g. how to authenticate with the broker.
 */
export type EnvironmentOverlay = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** An overlay put over functions' templates. */
export interface FunctionEnvironment {
  /** The function's properties with the overlay's variables in them; everything else as in the template. */
  applyTo(resource: Resource): Readonly<Record<string, unknown>>;
}

export function overlayOf(overlay: EnvironmentOverlay): FunctionEnvironment {
  return {
    applyTo: (resource) => {
      const variables = { ...overlay[resource.path], ...overlay[resource.logicalId] };
      if (Object.keys(variables).length === 0) return resource.properties;
      const { Environment } = resource.properties;
      const own = isRecord(Environment) && isRecord(Environment.Variables) ? Environment.Variables : {};
      return { ...resource.properties, Environment: { Variables: { ...own, ...variables } } };
    },
  };
}

/** A finding for every key of the overlay that names none of the functions. */
export function unknownOverlayKeys(overlay: EnvironmentOverlay, functions: readonly Resource[]): Finding[] {
  const known = functions.flatMap(({ logicalId, path }) => [logicalId, path]);
  return Object.keys(overlay)
    .filter((key) => !known.includes(key))
    .map((key) => ({
      stackId: undefined,
      logicalId: key,
      path: key,
      type: 'AWS::Lambda::Function',
      property: 'Environment',
      message: `millrace.json gives an environment to this name, and no function of the app is called so; there are: ${functions.map(({ path }) => path).join(', ')}`,
      accept: `${key}.Environment`,
    }));
}
