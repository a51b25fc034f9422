import { invalid } from './tables.ts';

/**
 * A check that a request has no field but these, so that nothing the twin doesn't know is taken for done.
 *
 * `ConsistentRead` is always as asked for: the twin has one copy.
 */
export function onlyFields<Name extends string>(...names: readonly Name[]): (input: object) => void {
  const known: ReadonlySet<string> = new Set(names);
  return (input) => {
    for (const [name, value] of Object.entries(input)) {
      if (value !== undefined && !known.has(name)) throw invalid(`the twin knows no ${name}`);
    }
  };
}

/** DynamoDB refuses a placeholder that no expression of the request has. */
export function allUsed(
  names: Readonly<Record<string, unknown>> | undefined,
  values: Readonly<Record<string, unknown>> | undefined,
  ...expressions: readonly (string | undefined)[]
): void {
  const used = new Set(expressions.flatMap((text) => text?.match(/[:#]\w+/g) ?? []));
  for (const placeholder of Object.keys({ ...names, ...values })) {
    if (!used.has(placeholder)) throw invalid(`${placeholder} is unused in expressions`);
  }
}
