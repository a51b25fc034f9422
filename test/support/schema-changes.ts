import { isDeepStrictEqual } from 'node:util';

interface Schema {
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
}

/**
 * What of a schema is not as it was published, by JSON pointer; a property that is added and may be absent is no change.
 *
 * Events lie on the topic for a week, and consumers are deployed one by one: new readers meet old events, and old readers
 * new ones. Only what may be absent can be added without either breaking.
 */
export function schemaChanges(published: Schema, current: Schema, at = ''): string[] {
  const {
    properties: before = {},
    items: itemsBefore,
    required: neededBefore = [],
    ...rulesBefore
  } = published;
  const { properties: now = {}, items: itemsNow, required: neededNow = [], ...rulesNow } = current;
  const changes = isDeepStrictEqual(rulesBefore, rulesNow) ? [] : [at];
  for (const [name, schema] of Object.entries(before)) {
    const place = `${at}/${name}`;
    const same = now[name];
    if (same === undefined) changes.push(`${place} is gone`);
    else changes.push(...schemaChanges(schema, same, place));
  }
  for (const name of new Set([...neededBefore, ...neededNow])) {
    if (neededBefore.includes(name) && !neededNow.includes(name)) changes.push(`${at}/${name} may be absent`);
    if (!neededBefore.includes(name) && neededNow.includes(name))
      changes.push(`${at}/${name} may not be absent`);
  }
  if (itemsBefore !== undefined || itemsNow !== undefined) {
    changes.push(...schemaChanges(itemsBefore ?? {}, itemsNow ?? {}, `${at}/*`));
  }
  return changes;
}
